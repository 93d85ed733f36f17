// The line in which a person types: text, or a slash command with completion.
// The text area holds the plain command; a layer behind it colours the parts,
// so that typing, pasting and undo work as in any text field.

import { append, h } from "./dom.js";
import { Completion } from "./completion.js";
import { Offers } from "./offers.js";
import { sendCommand, sendMessage } from "./api.js";
import { caretIn, missing, ordered, parse, remaining, toSend } from "./slash.js";

const remembered = 30; // commands that the up arrow brings back

export class Composer {
  constructor(node, app) {
    this.app = app;
    this.history = JSON.parse(sessionStorage.getItem("history") || "[]");
    this.back = -1; // how far the up arrow has gone
    this.area = h("textarea", {
      rows: 1, disabled: true, spellcheck: "false", autocomplete: "off", "data-testid": "composer", "aria-label": "Message or command",
      role: "combobox", "aria-controls": "completion", "aria-expanded": "false", "aria-autocomplete": "list",
    });
    this.mirror = h("div", { class: "mirror", "aria-hidden": "true" });
    this.list = new Completion((item) => this.choose(item));
    this.offers = new Offers(app, () => this.refresh());
    this.error = h("div", { class: "composer-error", role: "alert", "data-testid": "composer-error", hidden: true });
    this.pills = h("div", { class: "pills", "data-testid": "options", hidden: true });
    this.as = h("select", { "aria-label": "Send as", "data-testid": "composer-as", onchange: () => { app.actAs(this.as.value); this.area.focus(); } });
    this.asBox = h("label", { class: "as", hidden: true }, h("span", {}, "as"), this.as);
    append(node, [this.list.node, this.error, this.pills, h("div", { class: "line" }, this.asBox, h("div", { class: "field" }, this.mirror, this.area))]);
    this.area.addEventListener("input", () => { this.back = -1; this.closed = false; this.say(""); this.refresh(); });
    this.area.addEventListener("keydown", (e) => this.key(e));
    // Enter never writes a line break, also where the character comes apart from the key.
    this.area.addEventListener("keypress", (e) => e.key === "Enter" && !e.shiftKey && e.preventDefault());
    this.area.addEventListener("blur", () => this.list.hide());
    this.area.addEventListener("focus", () => this.refresh());
    this.area.addEventListener("scroll", () => { this.mirror.scrollTop = this.area.scrollTop; });
    // The caret may move without typing; the list follows it.
    document.addEventListener("selectionchange", () => {
      if (document.activeElement === this.area && this.area.selectionStart !== this.caretWas) this.refresh();
    });
  }

  get text() { return this.area.value; }

  /** set puts a text into the line, with the caret at its end. */
  set(text, focus = true) {
    this.area.value = text;
    this.area.setSelectionRange(text.length, text.length);
    this.closed = false;
    this.say("");
    if (focus) this.area.focus();
    this.refresh();
  }

  say(error) {
    this.error.textContent = error;
    this.error.hidden = !error;
  }

  /** draw follows the channel and the people that the page is. */
  draw() {
    const { app } = this;
    const actors = app.actors();
    const actor = app.actor();
    this.asBox.hidden = actors.length < 2;
    const key = JSON.stringify([actors.map((p) => p.name), actor?.id]);
    if (this.asKey !== key) {
      this.asKey = key;
      this.as.replaceChildren(...actors.map((p) => h("option", { value: p.id, selected: p === actor }, p.name)));
      this.asBox.style.setProperty("--hue", actor?.color || "");
    }
    const channel = app.channel();
    this.area.placeholder = !channel ? "" : channel.type === 1 ? "Message " + app.titleOf(channel) : `Message ${channel.type === 0 ? "#" : ""}${channel.name}, or type / for commands`;
    this.area.disabled = !channel;
    if (document.activeElement === this.area) this.refresh();
    else this.paint(parse(this.text, app.commands()), null);
  }

  refresh() {
    const parsed = parse(this.text, this.app.commands());
    this.caretWas = this.area.selectionStart;
    const caret = caretIn(this.text, this.caretWas, parsed);
    this.paint(parsed, caret);
    let offer = null;
    if (document.activeElement === this.area && !this.closed) offer = caret ? this.offers.at(caret, parsed) : this.mention();
    if (offer) this.list.show(offer.title, offer.items, offer);
    else this.list.hide();
    this.area.setAttribute("aria-expanded", String(this.list.open));
    if (this.list.active >= 0) this.area.setAttribute("aria-activedescendant", "completion-" + this.list.active);
    else this.area.removeAttribute("aria-activedescendant");
    this.grow();
  }

  grow() {
    this.area.style.height = "auto";
    this.area.style.height = Math.min(this.area.scrollHeight, 180) + "px";
  }

  // mention completes "@an" in ordinary text.
  mention() {
    const m = /(?:^|\s)(@\w*)$/.exec(this.text.slice(0, this.area.selectionStart));
    return m && !parse(this.text, []) ? this.offers.people(null, m[1]) : null;
  }

  paint(parsed, caret) {
    const { text } = this;
    const parts = [];
    let at = 0;
    const put = (to, cls) => { if (to > at) parts.push(cls ? h("span", { class: cls }, text.slice(at, to)) : text.slice(at, to)); at = Math.max(at, to); };
    if (parsed) {
      put(parsed.name.length + 1, parsed.command ? "t-cmd" : parsed.named ? "t-wrong" : "t-cmd half");
      for (const value of [...parsed.values].sort((a, b) => a.from - b.from)) {
        if (value.key !== null) {
          put(value.key);
          put(value.from, "t-key");
        }
        const end = value.from + text.slice(value.from, value.to).trimEnd().length;
        put(end, "t-val");
        // An empty value shows what is wanted, where it will stand.
        if (!value.text && value.to === text.length) parts.push(h("span", { class: "ghost" }, value.option.description));
      }
    }
    put(text.length);
    this.mirror.replaceChildren(...parts, "\u200b");
    this.area.classList.toggle("command", Boolean(parsed));
    const options = parsed?.command && parsed.named ? ordered(parsed.command) : [];
    this.pills.hidden = !options.length;
    this.pills.replaceChildren(...options.map((o) => {
      const value = parsed.values.find((v) => v.option === o);
      const state = value?.text ? "filled" : o.required ? "wanted" : "optional";
      return h("button", {
        type: "button", class: `opt ${state}${caret?.option === o ? " current" : ""}`, "data-testid": "option-pill", "data-option": o.name, "data-state": state, title: o.description,
        onmousedown: (e) => { e.preventDefault(); this.toOption(o, value); },
      }, h("b", {}, o.name), h("span", {}, value?.text || o.description));
    }));
  }

  toOption(option, value) {
    this.area.focus();
    if (!value) return this.set(this.text.trimEnd() + ` ${option.name}:`);
    const end = value.from + value.text.length;
    this.area.setSelectionRange(end, end);
    return this.refresh();
  }

  key(e) {
    if (e.isComposing) return;
    if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      if (this.list.open && this.list.items.length && this.back < 0) {
        e.preventDefault();
        this.list.move(e.key === "ArrowDown" ? 1 : -1);
      } else this.recall(e);
    } else if (e.key === "Escape" && this.list.open) {
      e.preventDefault();
      this.closed = true;
      this.list.hide();
      this.area.setAttribute("aria-expanded", "false");
    } else if (e.key === "Tab" && !e.shiftKey && this.list.open && this.list.items.length) {
      e.preventDefault();
      this.choose(this.list.current || this.list.items[0]);
    } else if (e.key === "Enter" && !e.shiftKey) {
      e.preventDefault();
      if (this.list.current && this.back < 0 && !this.complete(this.list.current)) this.choose(this.list.current);
      else this.send();
    }
  }

  // complete tells whether Enter may send at once although the list is open:
  // the command's name is typed in full and nothing else is wanted.
  complete(item) {
    return item.command && this.text.trim() === "/" + item.command.name && !(item.command.options || []).some((o) => o.required);
  }

  recall(e) {
    const next = this.back + (e.key === "ArrowUp" ? 1 : -1);
    if ((this.text && this.back < 0) || next < -1 || next >= this.history.length) return;
    e.preventDefault();
    this.set(next < 0 ? "" : this.history[next]);
    this.back = next;
    this.list.hide();
  }

  choose(item) {
    const parsed = parse(this.text, this.app.commands());
    const caret = caretIn(this.text, this.area.selectionStart, parsed);
    if (item.command) {
      const first = ordered(item.command).find((o) => o.required);
      this.offers.forget();
      return this.set(`/${item.command.name} ` + (first && !this.text.slice(caret.to).trim() ? first.name + ":" : this.text.slice(caret.to).trimStart()));
    }
    if (item.option) return this.replace(caret.from, caret.to, `${/\s$/.test(this.text.slice(0, caret.from)) ? "" : " "}${item.option.name}:`);
    if (!caret) return this.replace(this.text.slice(0, this.area.selectionStart).lastIndexOf("@"), this.area.selectionStart, item.value + " ");
    this.replace(caret.from, caret.to, item.value + " ");
    const now = parse(this.text, this.app.commands());
    const next = remaining(now).find((o) => o.required);
    if (next) this.set(this.text.trimEnd() + ` ${next.name}:`);
    return undefined;
  }

  replace(from, to, text) {
    const rest = this.text.slice(to);
    const glued = text.endsWith(" ") && rest.startsWith(" ") ? rest.slice(1) : rest;
    this.area.value = this.text.slice(0, from) + text + glued;
    this.area.setSelectionRange(from + text.length, from + text.length);
    this.closed = false;
    this.refresh();
  }

  async send() {
    const { app } = this;
    const text = this.text.trim();
    const actor = app.actor();
    if (!text || !actor || !app.channel()) return;
    const parsed = parse(text, app.commands());
    const people = app.store.people;
    const problem = parsed && missing(parsed, people, app.channel().type === 1);
    if (problem) {
      this.say(problem);
      return;
    }
    const options = parsed && toSend(parsed, people, this.offers.known);
    this.remember(text);
    this.set("");
    this.offers.forget();
    app.list.toEnd();
    try {
      if (parsed) await app.pending.start({ as: actor.id, channel: app.ui.channel, name: parsed.command.name }, () => sendCommand(actor.id, app.ui.channel, parsed.command.name, options));
      else await sendMessage(actor.id, app.ui.channel, text.replace(/(^|\s)@([\w-]+)/g, (all, gap, name) => {
        const person = people.find((p) => p.name.toLowerCase() === name.toLowerCase());
        return person ? `${gap}<@${person.id}>` : all;
      }));
    } catch (err) {
      if (!this.text) this.set(text, false);
      this.say(err.message);
    }
  }

  remember(text) {
    this.back = -1;
    if (!text.startsWith("/")) return;
    this.history = [text, ...this.history.filter((h) => h !== text)].slice(0, remembered);
    sessionStorage.setItem("history", JSON.stringify(this.history));
  }
}
