// The left side: the server, its channels with their threads, direct messages.

import { append, avatar, h, icon } from "./dom.js";
import { emojiText } from "./emoji.js";

const byPosition = (a, b) => (a.position ?? 0) - (b.position ?? 0) || a.id.length - b.id.length || (a.id < b.id ? -1 : 1);

/** drawSidebar fills the left side from the store. */
export function drawSidebar(app) {
  const { store } = app;
  document.getElementById("guild").textContent = store.guild.name;
  status(app);
  const all = store.channels();
  const threads = all.filter((c) => c.type === 11);
  const nodes = [];
  const text = all.filter((c) => c.type === 0).sort(byPosition);
  if (text.length) nodes.push(h("h2", {}, "Channels"));
  for (const c of text) {
    nodes.push(entry(c, app, icon(c.name === "operations" ? "lock" : "hash"), "channel-" + c.name));
    threads.filter((t) => t.parent_id === c.id).sort(byPosition)
      .forEach((t) => nodes.push(entry(t, app, null, "thread-" + t.id, "sub")));
  }
  const dms = all.filter((c) => c.type === 1).sort(byPosition);
  if (dms.length) nodes.push(h("h2", {}, "Direct messages"));
  for (const c of dms) {
    const other = app.otherOf(c);
    const mine = store.ids.length > 1 && store.person(store.readers(c.id)[0]);
    nodes.push(entry(c, app, avatar(other, "tiny"), "dm-" + (store.person(store.readers(c.id)[0])?.name || c.id), "", mine && `to ${mine.name}`));
  }
  replaceKeepingFocus(document.getElementById("channels"), nodes);
  drawMe(app);
}

function entry(c, app, mark, testid, cls, note) {
  const { unread, mentions } = app.unread(c.id);
  const here = app.ui.channel === c.id;
  const label = c.type === 1 ? app.otherOf(c).name : c.name;
  return h("a", {
    class: ["entry", cls, here && "here", unread && "unread"].filter(Boolean).join(" "), ...app.link({ channel: c.id }),
    "data-testid": testid, "data-channel-id": c.id, "data-unread": unread ? "true" : null, "aria-current": here ? "page" : null, title: label,
  }, mark, h("span", { class: "entry-name" }, emojiText(label), note && h("small", {}, note)),
  mentions > 0 && h("span", { class: "count", "data-testid": "mentions" }, String(mentions)));
}

function status(app) {
  const node = document.getElementById("status");
  const [state, text] = !app.store.alive ? ["lost", "connecting …"] : app.store.online ? ["on", "bot online"] : ["off", "bot offline"];
  node.className = "status " + state;
  node.textContent = text;
  node.dataset.state = state;
}

function drawMe(app) {
  const people = app.store.ids.map((id) => app.store.person(id)).filter(Boolean);
  const key = people.map((p) => p.id).join();
  const node = document.getElementById("whoami");
  if (node.dataset.key === key) return;
  node.dataset.key = key;
  const roles = { admin: "runs the round", player: "is on call", viewer: "watches" };
  node.replaceChildren(...people.map((p) => h("div", { class: "self" }, avatar(p, "small"), h("div", {}, h("b", {}, p.name), h("span", {}, roles[p.role] || p.role)))));
}

// The list is small and drawn anew each time; a person who walks it by
// keyboard must not lose the place.
function replaceKeepingFocus(parent, nodes) {
  const held = parent.contains(document.activeElement) ? document.activeElement.dataset.testid : null;
  parent.replaceChildren();
  append(parent, nodes);
  if (held) parent.querySelector(`[data-testid="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
}
