// The message list of one channel: groups, dividers, and a scroll position
// that follows the end only while the reader is there.

import { h, icon, svg } from "./dom.js";
import { message, waiting } from "./message.js";
import { dayName } from "./time.js";

const sameBreath = 5 * 60 * 1000; // ms; messages closer than this share a head

export class List {
  constructor(node, jump, app) {
    this.node = node;
    this.jump = jump;
    this.app = app;
    this.drawn = new Map(); // key -> {signature, node}
    this.channel = null;
    this.visited = new Set();
    node.addEventListener("scroll", () => this.scrolled());
    jump.addEventListener("click", () => this.toEnd());
    // Pictures that load late make the list grow under a reader at its end.
    node.addEventListener("load", () => this.following && this.toEnd(), true);
    new ResizeObserver(() => this.following && this.toEnd()).observe(node);
  }

  get atEnd() { return this.node.scrollHeight - this.node.scrollTop - this.node.clientHeight < 60; }

  scrolled() {
    this.following = this.atEnd;
    if (this.following) {
      this.jump.hidden = true;
      this.app.read();
    }
  }

  toEnd() {
    this.node.scrollTop = this.node.scrollHeight;
    this.following = true;
    this.jump.hidden = true;
  }

  draw(channel, messages, unreadAfter) {
    const moved = this.channel !== channel?.id;
    if (moved) {
      this.channel = channel?.id;
      this.drawn.clear();
      this.following = true;
      // What comes while the reader looks on is no news.
      this.mark = messages.at(-1)?.id === unreadAfter ? null : unreadAfter;
    }
    const items = channel ? this.items(channel, messages) : [];
    const fresh = new Map();
    const nodes = items.map(({ key, signature, make }) => {
      const old = this.drawn.get(key);
      const entry = old && old.signature === signature ? old : { signature, node: make() };
      fresh.set(key, entry);
      return entry.node;
    });
    const grew = items.length > this.drawn.size;
    this.drawn = fresh;
    this.place(nodes);
    if (moved && channel && this.begin(channel)) return;
    if (this.following) this.toEnd();
    else if (grew && !moved) this.jump.hidden = false;
  }

  // begin shows what is new in a channel, and a thread from its first message;
  // false when that is where the end is anyway.
  begin(channel) {
    const first = !this.visited.has(channel.id) && channel.type === 11;
    this.visited.add(channel.id);
    const target = this.node.querySelector(first ? ".divider" : ".divider.new");
    if (!target) return false;
    this.node.scrollTop = target.offsetTop - this.node.offsetTop - 40;
    this.following = this.atEnd;
    return !this.following;
  }

  // place moves as few nodes as possible, so that focus and open previews stay.
  place(nodes) {
    const keep = new Set(nodes);
    [...this.node.childNodes].forEach((n) => keep.has(n) || n.remove());
    nodes.forEach((n, i) => {
      if (this.node.childNodes[i] !== n) this.node.insertBefore(n, this.node.childNodes[i] || null);
    });
  }

  items(channel, messages) {
    const app = this.app;
    const threads = new Map(app.store.channels().filter((c) => c.type === 11).map((c) => [c.id, c]));
    const out = [this.opening(channel, messages)];
    const rest = app.pending.commands(channel.id);
    let last = null;
    for (const m of messages) {
      const at = Date.parse(m.timestamp);
      while (rest.length && rest[0].at < at) out.push(this.waits(rest.shift()));
      const day = dayName(new Date(at));
      if (!last || day !== last.day) out.push(divider("day" + day, day));
      const isNew = this.mark && last && last.m.id === this.mark;
      if (isNew) out.push(divider("new", "New", "new"));
      const how = {
        grouped: Boolean(last && !isNew && last.day === day && last.m.author?.id === m.author?.id && at - last.at < sameBreath
          && !m.interaction_metadata && last.m.ephemeral_for === m.ephemeral_for && !threads.has(last.m.id)),
        thread: channel.type !== 11 ? threads.get(m.id) || m.thread : null,
        buttons: app.pending.buttons(m.id),
      };
      const signature = JSON.stringify([m, how.grouped, how.thread, how.buttons, app.store.ids]);
      out.push({ key: m.id, signature, make: () => message(m, how, app) });
      last = { m, at, day };
    }
    return [...out, ...rest.map((item) => this.waits(item))];
  }

  waits(item) {
    return { key: "waits" + item.at, signature: item.state, make: () => waiting(item, this.app) };
  }

  // opening is what stands above the first message; for a thread, the message that it hangs on.
  opening(channel, messages) {
    const app = this.app;
    const start = channel.type === 11 && channel.parent_id ? app.store.message(channel.parent_id, channel.id) : null;
    const signature = JSON.stringify([channel, start, messages.length === 0, app.store.ids]);
    return {
      key: "opening", signature, make: () => h("div", { class: "opening" },
        h("div", { class: "opening-mark" }, icon(channel.type === 11 ? "thread" : channel.type === 1 ? "mail" : "hash")),
        h("h2", {}, app.titleOf(channel)),
        h("p", {}, channel.type === 11 ? "A thread on this message:" : channel.topic || (channel.type === 1 ? "Between the two of you. Nobody else reads here." : "This is where the channel begins.")),
        start && message(start, { grouped: false, thread: null, buttons: app.pending.buttons(start.id) }, app),
        messages.length === 0 && this.hint(channel)),
    };
  }

  // hint tells a newcomer the one thing to do next in an empty channel.
  hint(channel) {
    const app = this.app;
    const player = app.store.people.find((p) => p.role === "player");
    if (channel.name === "operations") {
      const first = "/provision player:@" + (player?.name || "ana");
      return h("div", { class: "hint", "data-testid": "hint" },
        h("h3", {}, "Begin your first round"),
        h("ol", {},
          step("Build the shop and invite a player.", first, app),
          step("When it is ready, break something.", "/inject scenario:", app),
          h("li", {}, "Switch to ", h("b", {}, "Player " + (player?.name || "ana")), " at the top right and find out what broke. ", h("b", {}, "Both"), " lets you be both at once.")),
        h("p", {}, "Every command shows what it needs while you type. ", h("kbd", {}, "/"), " opens the list, ", h("kbd", {}, "Tab"), " completes, ", h("kbd", {}, "↑"), " brings back the last one."));
    }
    if (channel.name === "alerts") return h("div", { class: "hint calm", "data-testid": "hint" }, pulse(), h("p", {}, "All quiet. When the shop breaks, the page arrives here."));
    return null;
  }
}

function step(text, command, app) {
  return h("li", {}, text, " ", h("button", { class: "try", type: "button", "data-testid": "try", title: "Put this into the composer", onclick: () => app.compose(command) }, command));
}

function pulse() {
  return svg("svg", { class: "pulse", viewBox: "0 0 220 40", "aria-hidden": "true" }, svg("path", { d: "M0 20h70l6-9 8 18 7-24 8 30 6-15h115" }));
}

function divider(key, text, cls) {
  return { key, signature: text, make: () => h("div", { class: "divider " + (cls || ""), role: "separator" }, h("span", {}, text)) };
}
