// What the page knows: one link (event stream + state) per person that it is,
// and one merged view over all of them. It draws nothing.

import { fetchState } from "./api.js";

const givenUp = 3; // tries, which the browser makes some seconds apart

/** compareIds orders snowflakes as numbers; they are too long for one. */
export const compareIds = (a, b) => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);

/** Link follows the chat as one person, and starts over after each break. */
class Link {
  constructor(id, changed, heard) {
    this.id = id;
    this.alive = false; // the stream is open
    this.tries = 0; // in a row that failed
    this.online = true; // a bot is connected
    this.channels = new Map();
    this.messages = new Map();
    this.commands = [];
    this.changed = changed;
    this.heard = heard;
    this.early = null; // events that came before their state
    this.open();
  }

  open() {
    this.stream = new EventSource("/local/events?as=" + encodeURIComponent(this.id));
    this.stream.onopen = () => this.load();
    this.stream.onerror = () => {
      this.alive = false;
      this.tries++;
      // A stream that was refused is not tried again by the browser.
      if (this.stream.readyState === EventSource.CLOSED) this.again();
      this.changed();
    };
    this.stream.onmessage = (e) => {
      const event = JSON.parse(e.data);
      if (this.early) this.early.push(event);
      else this.apply(event);
    };
  }

  again() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { this.stream.close(); this.open(); }, 1500);
  }

  async load() {
    this.early = [];
    try {
      this.take(await fetchState(this.id));
      this.alive = true;
      this.tries = 0;
    } catch {
      this.stream.close();
      this.again();
    }
    const missed = this.early;
    this.early = null;
    missed.forEach((event) => this.apply(event));
    this.changed();
  }

  take(state) {
    this.state = state;
    this.online = state.online;
    this.commands = state.commands || [];
    this.channels = new Map((state.channels || []).map((c) => [c.id, c]));
    this.messages = new Map();
    for (const [channel, list] of Object.entries(state.messages || {})) {
      this.messages.set(channel, new Map((list || []).map((m) => [m.id, m])));
    }
  }

  apply({ type, data }) {
    if (type === "message" || type === "message_update") {
      const list = this.messages.get(data.channel_id) || new Map();
      list.set(data.id, data);
      this.messages.set(data.channel_id, list);
    } else if (type === "message_delete") this.messages.get(data.channel_id)?.delete(data.id);
    else if (type === "channel") this.channels.set(data.id, data);
    else if (type === "commands") this.commands = data || [];
    else if (type === "online") this.online = data;
    this.heard(this.id, type, data);
    this.changed();
  }

  close() {
    clearTimeout(this.timer);
    this.stream.close();
  }
}

/** Store is the merged view of all the links that are open. */
export class Store {
  constructor(first, changed, heard) {
    this.first = first;
    this.changed = changed;
    this.heard = heard;
    this.links = [];
    this.hidden = []; // commands that none of the page's people may use
  }

  /** become opens one link per person id and closes the others. */
  become(ids) {
    this.links.filter((l) => !ids.includes(l.id)).forEach((l) => l.close());
    this.links = ids.map((id) => this.links.find((l) => l.id === id) || new Link(id, this.changed, (link, type, data) => {
      if (type === "commands") this.learn();
      this.heard(link, type, data);
    }));
    this.learn();
    this.changed();
  }

  /** learn asks what an admin may run, so that others see that it exists. */
  async learn() {
    const admin = (this.first.people || []).find((p) => p.role === "admin");
    const needed = admin && !this.ids.includes(admin.id);
    this.hidden = needed ? (await fetchState(admin.id).catch(() => ({}))).commands || [] : [];
    this.changed();
  }

  get ids() { return this.links.map((l) => l.id); }
  /** gone: nobody has answered for so long that nobody will. */
  get gone() { return this.links.some((l) => l.tries >= givenUp); }
  get alive() { return this.links.length > 0 && this.links.every((l) => l.alive); }
  get loaded() { return this.links.some((l) => l.state); }
  get online() { return this.links.every((l) => l.online); }
  get newest() { return this.links.find((l) => l.state)?.state || this.first; }
  get guild() { return this.newest.guild || { name: "Rehearsal" }; }
  get tabs() { return this.newest.tabs || []; }

  get people() {
    const all = [...(this.newest.people || [])];
    const bot = this.newest.bot;
    if (bot && !all.some((p) => p.id === bot.id)) all.push({ ...bot, role: "bot" });
    return all.map((p) => (p.role === "bot" ? { ...p, color: "#cfe9df" } : p)); // the page's own colours for the bot
  }

  person(id) { return this.people.find((p) => p.id === id); }

  channels() {
    const all = new Map();
    for (const link of this.links) for (const c of link.channels.values()) all.set(c.id, c);
    return [...all.values()];
  }

  channel(id) { return this.channels().find((c) => c.id === id); }

  /** readers are those of the page's people who see a channel. */
  readers(channel) { return this.links.filter((l) => l.channels.has(channel)).map((l) => l.id); }

  messages(channel) {
    const all = new Map();
    for (const link of this.links) for (const m of link.messages.get(channel)?.values() || []) all.set(m.id, m);
    return [...all.values()].sort((a, b) => compareIds(a.id, b.id));
  }

  message(channel, id) {
    for (const link of this.links) {
      const m = link.messages.get(channel)?.get(id);
      if (m) return m;
    }
    return undefined;
  }

  commands() {
    const all = new Map();
    for (const list of [this.hidden, ...this.links.map((l) => l.commands)]) for (const c of list) all.set(c.name, c);
    return [...all.values()].sort((a, b) => a.name.localeCompare(b.name));
  }
}
