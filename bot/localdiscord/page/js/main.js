// The page of the local Discord. This file wires the parts together and keeps
// what is the page's own: who it is, which channel and tab are open, what has
// been read. The address (#as=..&c=..&tab=..) holds it, so a reload stays.

import { append, h, icon } from "./dom.js";
import { firstState, pressButton } from "./api.js";
import { Composer } from "./composer.js";
import { List } from "./list.js";
import { mentions } from "./message.js";
import { Panel } from "./panel.js";
import { Pending } from "./pending.js";
import { drawSidebar } from "./sidebar.js";
import { Store, compareIds } from "./store.js";
import { keepFresh } from "./time.js";
import { drawPersonas, personasOf } from "./persona.js";
import { emojiText } from "./emoji.js";

const app = {
  ui: { as: "", channel: "", tab: "", acting: new Map(), dismissed: new Set(), seen: new Map() },

  // -- where the page stands ------------------------------------------------

  hashOf(change) {
    const { as, channel, tab } = { ...app.ui, ...change };
    const parts = [["as", as], ["c", channel], ["tab", tab]].filter(([, v]) => v);
    return "#" + parts.map(([k, v]) => k + "=" + encodeURIComponent(v)).join("&");
  },
  move(change) { location.hash = app.hashOf(change); },
  go(channel) { app.move({ channel }); },
  /** link makes an anchor lead to a change of where the page stands; the rest stays as it is when clicked. */
  link(change) {
    return { href: app.hashOf(change), onclick: (e) => { if (!e.ctrlKey && !e.metaKey) { e.preventDefault(); app.move(change); } } };
  },
  channel: () => app.store.channel(app.ui.channel),
  /** commands of the open channel: a guild's own do not exist in direct messages. */
  commands: () => app.store.commands().filter((c) => !c.guild_id || app.channel()?.type !== 1),

  // -- people -----------------------------------------------------------------

  /** actors are the page's people who can write here. */
  actors() {
    const readers = app.store.readers(app.ui.channel);
    return readers.map((id) => app.store.person(id)).filter(Boolean);
  },
  /** actor is who the next message is from: a choice, or what the channel suggests. */
  actor() {
    const actors = app.actors();
    const chosen = app.ui.acting.get(app.ui.channel);
    const c = app.channel();
    const root = c?.type === 11 ? app.store.channel(c.parent_id) || c : c;
    const role = root?.name === "operations" ? "admin" : "player";
    return actors.find((p) => p.id === chosen) || actors.find((p) => p.role === role) || actors[0];
  },
  actAs(id) {
    app.ui.acting.set(app.ui.channel, id);
    app.draw();
  },
  authorOf(m) {
    const known = app.store.person(m.author?.id);
    return known || { id: m.author?.id, name: m.author?.global_name || m.author?.username || "someone", role: m.author?.bot ? "bot" : "viewer", color: "#8aa0a6" };
  },
  otherOf(c) {
    const other = (c.recipients || []).find((id) => !app.store.ids.includes(id));
    return app.store.person(other) || app.store.people.find((p) => p.role === "bot") || { name: "bot", role: "bot" };
  },
  titleOf(c) { return c.type === 1 ? app.otherOf(c).name : c.name; },
  names: () => ({
    user: (id) => { const p = app.store.person(id); return p && { label: p.name, color: p.color, me: app.store.ids.includes(id) }; },
    channel: (id) => { const c = app.store.channel(id); return c && { label: c.name, open: () => app.go(id) }; },
    role: (id) => { const r = (app.store.guild.roles || []).find((x) => x.id === id); return r && { label: r.name }; },
  }),

  // -- acts -------------------------------------------------------------------

  async press(m, custom) {
    // A message for one person is answered by that person; others by whoever writes here.
    const as = m.ephemeral_for || app.actor()?.id;
    app.pending.buttons(m.id).filter((b) => b.state === "failed").forEach((b) => app.pending.drop(b));
    await app.pending.start({ as, channel: m.channel_id, message: m.id, custom }, () => pressButton(as, m.channel_id, m.id, custom)).catch(() => {});
  },
  dismiss(m) {
    app.ui.dismissed.add(m.id);
    app.draw();
  },
  compose: (text) => app.composer.set(text),

  // -- what has been read -----------------------------------------------------

  visible: (channel) => app.store.messages(channel).filter((m) => !app.ui.dismissed.has(m.id)),
  read() {
    const last = app.visible(app.ui.channel).at(-1);
    if (!last || !document.hasFocus()) return;
    const seen = app.ui.seen.get(app.ui.channel);
    if (seen && compareIds(seen, last.id) >= 0) return;
    app.ui.seen.set(app.ui.channel, last.id);
    app.draw();
  },
  unread(channel) {
    const seen = app.ui.seen.get(channel);
    const fresh = app.visible(channel).filter((m) => (!seen || compareIds(m.id, seen) > 0) && !app.store.ids.includes(m.author?.id));
    const dm = app.store.channel(channel)?.type === 1;
    return { unread: fresh.length > 0, mentions: dm ? fresh.length : fresh.filter((m) => mentions(m, app)).length };
  },

  // -- drawing ----------------------------------------------------------------

  /** draw redraws soon, once for any number of changes. */
  draw() {
    if (app.planned) return;
    app.planned = setTimeout(() => { app.planned = null; drawNow(); }, 0);
  },
};

function drawNow() {
  settle();
  const channel = app.channel();
  drawPersonas(app);
  drawSidebar(app);
  drawTitle(channel);
  drawBanner();
  app.panel.draw();
  app.composer.draw();
  app.list.draw(channel, channel ? app.visible(channel.id) : [], app.ui.seen.get(app.ui.channel));
  if (app.list.following) app.read();
  const count = app.store.channels().reduce((sum, c) => sum + app.unread(c.id).mentions, 0);
  document.title = `${count ? `(${count}) ` : ""}${channel ? (channel.type === 0 ? "#" : "") + app.titleOf(channel) + " · " : ""}${app.store.guild.name}`;
}

// settle picks a channel when none is open, and takes what was there before
// the page came as read; a direct message with a button still waits.
function settle() {
  if (!app.store.loaded) return;
  const key = app.store.ids.join();
  if (app.seenFor !== key && app.store.alive) {
    app.seenFor = key;
    for (const c of app.store.channels()) {
      const all = app.store.messages(c.id);
      const last = c.type === 1 && all.at(-1)?.components?.length ? all.at(-2) || { id: "0" } : all.at(-1);
      if (last && !app.ui.seen.has(c.id)) app.ui.seen.set(c.id, last.id);
    }
  }
  if (app.store.alive && !app.channel()) {
    const text = app.store.channels().filter((c) => c.type === 0);
    const wanted = app.store.person(app.store.ids[0])?.role === "admin" ? "operations" : "alerts";
    const c = text.find((x) => x.name === wanted) || text[0];
    if (c) {
      app.ui.channel = c.id;
      history.replaceState(null, "", app.hashOf({}));
    }
  }
}

function drawTitle(channel) {
  const node = document.getElementById("title");
  const parent = channel?.type === 11 && app.store.channel(channel.parent_id);
  const key = JSON.stringify([channel, parent]);
  if (node.dataset.key === key) return;
  node.dataset.key = key;
  node.replaceChildren();
  if (!channel) return;
  append(node, [
    parent && [h("a", { ...app.link({ channel: parent.id }), class: "crumb", "data-testid": "crumb" }, icon("hash"), parent.name), h("span", { class: "sep" }, "›")],
    h("h1", { "data-testid": "title" }, icon(parent ? "thread" : channel.type === 1 ? "mail" : channel.name === "operations" ? "lock" : "hash"), h("span", {}, emojiText(app.titleOf(channel)))),
    channel.topic && h("p", { title: channel.topic }, channel.topic)]);
}

function drawBanner() {
  const node = document.getElementById("banner");
  const lost = !app.store.alive && app.store.loaded;
  const off = app.store.alive && !app.store.online;
  node.hidden = !lost && !off;
  node.dataset.testid = "banner";
  node.textContent = lost ? (app.store.gone ? "The rehearsal has ended." : "The connection to the rehearsal is lost. Trying again …") : "The bot is offline. Nothing that you type reaches it until it is back.";
}

function readHash() {
  const parts = new Map(location.hash.slice(1).split("&").filter(Boolean).map((p) => p.split("=").map(decodeURIComponent)));
  const before = { ...app.ui };
  app.ui.as = parts.get("as") || app.ui.as;
  app.ui.channel = parts.get("c") || "";
  app.ui.tab = parts.get("tab") || "";
  const personas = personasOf(app.store.first.people || []);
  const persona = personas.find((p) => p.key === app.ui.as) || personas[0];
  app.ui.as = persona?.key || "";
  if (before.as !== app.ui.as || !app.store.links.length) app.store.become(persona ? persona.ids : []);
  if (before.channel && before.channel !== app.ui.channel) app.composer.set("", false);
  app.draw();
}

function heard(link, type, data) {
  if (type === "interaction") app.pending.hear(data);
  if (type === "message" || type === "message_update") app.pending.answered(data);
}

async function start() {
  app.pending = new Pending(app.draw);
  app.composer = new Composer(document.getElementById("composer"), app);
  app.list = new List(document.getElementById("list"), document.getElementById("jump"), app);
  const known = localStorage.getItem("someone");
  let first;
  for (let wait = 500; !first; wait = Math.min(wait * 2, 5000)) {
    try {
      first = await firstState([...(known ? [known] : []), "gamemaster", "1271000000000000101", ""]);
    } catch (err) {
      document.getElementById("banner").hidden = false;
      document.getElementById("banner").textContent = err.message;
      await new Promise((later) => setTimeout(later, wait));
    }
  }
  if (first.me?.id) localStorage.setItem("someone", first.me.id);
  app.store = new Store(first, app.draw, heard);
  app.panel = new Panel(app);
  readHash();
  window.addEventListener("hashchange", readHash);
  window.addEventListener("focus", () => app.list.following && app.read());
  document.addEventListener("keydown", typeAnywhere);
  document.documentElement.dataset.ready = "true";
  keepFresh();
}

// Typing goes to the composer, wherever the page was clicked last.
function typeAnywhere(e) {
  const busy = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName || "");
  if (busy || e.ctrlKey || e.metaKey || e.altKey || e.key.length !== 1 || e.key === " ") return;
  app.composer.area.focus();
}

start();
