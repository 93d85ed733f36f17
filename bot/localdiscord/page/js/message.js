// One message of the list, as DOM. It knows Discord's message object; what a
// press or a click leads to is the app's business.

import { avatar, h, icon } from "./dom.js";
import { emojiText } from "./emoji.js";
import { markdown } from "./markdown.js";
import { attachments, embed } from "./rich.js";
import { clock, clockSeconds, longTime } from "./time.js";

const buttonStyles = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link" };

/** message draws m. how: {grouped, thread, buttons: pending presses, reader}. */
export function message(m, how, app) {
  const names = app.names();
  const author = app.authorOf(m);
  const asked = m.interaction_metadata;
  const at = new Date(m.timestamp);
  const time = h("time", { datetime: m.timestamp, title: longTime(at) }, how.grouped ? clock(at) : clockSeconds(at));
  const body = h("div", { class: "msg-body" });
  if (!how.grouped) {
    body.append(h("header", {},
      h("span", { class: "name", style: { "--hue": author.color }, "data-testid": "author" }, author.name),
      author.role === "bot" && h("span", { class: "tag" }, "app"), time));
  }
  body.append(content(m, names));
  (m.embeds || []).forEach((e) => body.append(embed(e, m, names)));
  attachments(m).forEach((card) => body.append(card));
  rows(m, how, app).forEach((row) => body.append(row));
  if (how.thread) body.append(threadCard(how.thread, app));
  for (const press of how.buttons.filter((b) => b.state === "failed")) body.append(failure(press, app));
  if (m.ephemeral_for) body.append(onlyYou(m, how, app));
  const cls = ["msg", how.grouped ? "grouped" : "head", m.ephemeral_for && "ephemeral", mentions(m, app) && "mentioned"];
  return h("article", { class: cls.filter(Boolean).join(" "), "data-testid": "message", "data-message-id": m.id, "data-author": author.name, "data-ephemeral": m.ephemeral_for ? "true" : null },
    asked && used(asked, author, app),
    h("div", { class: "msg-gutter" }, how.grouped ? time : avatar(author)),
    body);
}

function content(m, names) {
  if (m.loading && !m.content) {
    return h("div", { class: "md thinking", "data-testid": "thinking" }, h("span", { class: "dots" }, h("i"), h("i"), h("i")), "is thinking …");
  }
  const text = h("div", { class: "md content", "data-testid": "content" }, markdown(m.content, names));
  if (m.edited_timestamp) {
    const edited = h("span", { class: "edited", title: longTime(new Date(m.edited_timestamp)) }, "edited");
    const last = text.lastElementChild;
    (last && last.classList.contains("md-p") ? last : text).append(" ", edited);
  }
  return text;
}

function used(asked, author, app) {
  const person = app.store.person(asked.user?.id) || { name: asked.user?.global_name || asked.user?.username || "someone", color: "#8aa0a6" };
  return h("div", { class: "used", "data-testid": "used" }, h("span", { class: "hook" }), avatar(person, "tiny"),
    h("span", { class: "name", style: { "--hue": person.color } }, person.name), asked.name ? " used " : " pressed a button",
    asked.name && h("span", { class: "pill command" }, "/" + asked.name));
}

function rows(m, how, app) {
  return (m.components || []).filter((row) => row.type === 1).map((row) => h("div", { class: "buttons" },
    (row.components || []).filter((c) => c.type === 2).map((c) => button(c, m, how, app))));
}

function button(c, m, how, app) {
  const label = [c.emoji?.name && h("span", { class: "button-emoji" }, emojiText(c.emoji.name)), c.label && h("span", {}, c.label)];
  const cls = "button " + (buttonStyles[c.style] || "secondary");
  if (c.style === 5) {
    const safe = /^https?:\/\//.test(c.url || "");
    return h("a", { class: cls, href: safe ? c.url : null, target: "_blank", rel: "noopener noreferrer", "data-testid": "button", "data-label": c.label }, label, icon("out"));
  }
  const waits = how.buttons.some((b) => b.custom === c.custom_id && b.state === "sent");
  return h("button", {
    class: cls + (waits ? " waiting" : ""), type: "button", disabled: c.disabled || waits, "aria-busy": waits ? "true" : null,
    "data-testid": "button", "data-custom-id": c.custom_id, "data-label": c.label,
    onclick: () => app.press(m, c.custom_id),
  }, label);
}

function threadCard(thread, app) {
  const n = thread.message_count || 0;
  return h("button", { class: "thread-card", type: "button", "data-testid": "thread-card", onclick: () => app.go(thread.id) },
    icon("thread"), h("span", { class: "thread-name" }, emojiText(thread.name)),
    h("span", { class: "thread-more" }, n ? `${n} message${n === 1 ? "" : "s"}` : "Open", " ›"));
}

function failure(press, app) {
  return h("div", { class: "failed", role: "alert", "data-testid": "failed" }, press.reason, " ",
    h("button", { class: "as-link", type: "button", onclick: () => app.pending.drop(press) }, "Dismiss"));
}

function onlyYou(m, how, app) {
  const reader = app.store.ids.length > 1 && app.store.person(m.ephemeral_for);
  return h("div", { class: "only-you" }, icon("eye"), reader ? `Only you, as ${reader.name}, can see this` : "Only you can see this", " · ",
    h("button", { class: "as-link", type: "button", "data-testid": "dismiss", onclick: () => app.dismiss(m) }, "Dismiss message"));
}

/** mentions tells whether a message calls one of the page's people by name. */
export function mentions(m, app) {
  const mine = app.store.ids;
  return !mine.includes(m.author?.id) && ((m.mentions || []).some((p) => mine.includes(p.id)) || mine.some((id) => (m.content || "").includes(`<@${id}>`)));
}

/** waiting draws a command that has no answer yet, or got none. */
export function waiting(item, app) {
  const person = app.store.person(item.as) || { name: "you" };
  const asked = { name: item.name, user: { id: item.as, username: person.name } };
  const bot = app.store.people.find((p) => p.role === "bot") || { name: "bot", role: "bot" };
  const failed = item.state === "failed";
  return h("article", { class: "msg head ephemeral", "data-testid": "waiting", "data-state": item.state },
    used(asked, bot, app), h("div", { class: "msg-gutter" }, avatar(bot)),
    h("div", { class: "msg-body" },
      h("header", {}, h("span", { class: "name", style: { "--hue": bot.color } }, bot.name), h("span", { class: "tag" }, "app")),
      failed
        ? h("div", { class: "failed", role: "alert", "data-testid": "failed" }, item.reason)
        : h("div", { class: "md thinking" }, h("span", { class: "dots" }, h("i"), h("i"), h("i")), "sending …"),
      failed && h("div", { class: "only-you" }, icon("eye"), "Only you can see this", " · ",
        h("button", { class: "as-link", type: "button", "data-testid": "dismiss", onclick: () => app.pending.drop(item) }, "Dismiss message"))));
}
