// What the completion list offers at the caret: commands, options, choices,
// people, or the bot's own suggestions.

import { complete } from "./api.js";
import { avatar } from "./dom.js";
import { forAdmins, kinds, remaining, toSend } from "./slash.js";

const pauseWhileTyping = 150; // ms before the bot is asked

// asItem offers a choice; its value stands beside the name unless the name says it.
function asItem(c) {
  const value = String(c.value);
  return { key: value, value, label: c.name, detail: c.name.startsWith(value) ? "" : value };
}

/** Offers asks the bot for suggestions, one request at a time, the newest only. */
export class Offers {
  constructor(app, arrived) {
    this.app = app;
    this.arrived = arrived;
    this.known = new Map(); // option name -> the last choices that the bot gave
    this.asked = "";
  }

  forget() {
    clearTimeout(this.timer);
    this.abort?.abort();
    this.known.clear();
    this.asked = "";
    this.failed = "";
  }

  /** at lists {title, items, eager, empty} for a caret, or null. */
  at(caret, parsed) {
    if (caret.in === "name") return this.commands(caret.prefix);
    if (caret.in === "options") return this.options(caret, parsed);
    const { option } = caret;
    if (option.type === kinds.user) return this.people(option, caret.prefix);
    if (option.autocomplete) return this.suggestions(option, caret, parsed);
    const choices = option.type === kinds.boolean ? [{ name: "True", value: "True" }, { name: "False", value: "False" }] : option.choices || [];
    if (!choices.length) return null;
    return this.choices(option, choices, caret.prefix);
  }

  commands(prefix) {
    const typed = prefix.toLowerCase();
    const admin = this.app.actor()?.role === "admin";
    const all = this.app.commands();
    const fits = [...all.filter((c) => c.name.startsWith(typed)), ...all.filter((c) => !c.name.startsWith(typed) && c.name.includes(typed))];
    // What this person may not run stands last.
    if (!admin) fits.sort((a, b) => Number(forAdmins(a)) - Number(forAdmins(b)));
    return {
      title: "Commands", empty: all.length ? "" : this.app.channel()?.type === 1 ? "Commands work in the server's channels, not in direct messages." : "The bot has not registered any commands yet.",
      items: fits.map((c) => ({
        key: c.name, command: c, label: "/" + c.name, detail: c.description,
        dim: forAdmins(c) && !admin, note: forAdmins(c) && !admin ? "admins only" : "",
      })),
    };
  }

  options(caret, parsed) {
    const typed = caret.prefix.toLowerCase();
    const left = remaining(parsed).filter((o) => o.name.startsWith(typed));
    return {
      title: "/" + parsed.command.name, eager: left.some((o) => o.required) || typed !== "",
      items: left.map((o) => ({ key: o.name, option: o, label: o.name, detail: o.description, note: o.required ? "required" : "optional" })),
    };
  }

  people(option, prefix) {
    const typed = prefix.replace(/^@/, "").toLowerCase();
    const found = this.app.store.people.filter((p) => p.role !== "bot" && p.name.toLowerCase().includes(typed));
    // An option that is called after a role offers its holders first.
    if (option) found.sort((a, b) => Number(b.role === option.name) - Number(a.role === option.name));
    return {
      title: option ? `${option.name}: ${option.description}` : "People", eager: !found.some((p) => "@" + p.name === prefix),
      items: found.map((p) => ({ key: p.name, value: "@" + p.name, label: "@" + p.name, detail: p.role === "admin" ? "game master" : p.role, mark: avatar(p, "tiny") })),
    };
  }

  choices(option, choices, prefix) {
    const typed = prefix.toLowerCase();
    const exact = choices.some((c) => String(c.value).toLowerCase() === typed);
    const found = choices.filter((c) => exact || c.name.toLowerCase().includes(typed) || String(c.value).toLowerCase().includes(typed));
    return {
      title: `${option.name}: ${option.description}`, eager: !exact,
      items: found.map(asItem),
    };
  }

  suggestions(option, caret, parsed) {
    this.ask(option, parsed);
    const title = `${option.name}: ${option.description}`;
    const choices = this.known.get(option.name);
    if (!choices) return { title, items: [], empty: this.failed || "Asking the bot …" };
    const listed = this.choices(option, choices, caret.prefix);
    // What the bot sends is already chosen by what was typed: show all of it.
    const items = choices.map(asItem);
    return { ...listed, title, items, empty: "Nothing fits. You can still type a value." };
  }

  ask(option, parsed) {
    const options = toSend(parsed, this.app.store.people);
    const mine = options.find((o) => o.name === option.name);
    if (mine) mine.focused = true;
    else options.push({ name: option.name, value: "", focused: true });
    const key = JSON.stringify([parsed.command.name, options, this.app.actor()?.id]);
    if (key === this.asked) return;
    this.asked = key;
    clearTimeout(this.timer);
    this.timer = setTimeout(async () => {
      this.abort?.abort();
      this.abort = new AbortController();
      try {
        const answer = await complete(this.app.actor().id, this.app.ui.channel, parsed.command.name, options, this.abort.signal);
        if (this.asked !== key) return;
        this.known.set(option.name, answer?.choices || []);
        this.failed = "";
      } catch (err) {
        if (this.asked !== key) return;
        // A refusal says why; a bot that is silent or ill only that it is.
        this.failed = err.message.startsWith("/") ? `${err.message}.` : "The bot did not answer. You can still type a value.";
      }
      this.arrived();
    }, this.known.has(option.name) ? pauseWhileTyping : 0);
  }
}
