// What a person of this page has set off and the bot has not answered yet:
// commands and pressed buttons, until they are acknowledged or fail.

const patience = 20000; // ms; a lost event must not leave a spinner for ever
const noAnswer = "The application did not respond";

export class Pending {
  constructor(changed) {
    this.items = [];
    this.early = new Map(); // events that came before the answer to our request
    this.changed = changed;
  }

  /**
   * start sends something and follows it. what: {as, channel, name} for a
   * command, {as, channel, message, custom} for a button; send() -> {interaction_id}.
   */
  async start(what, send) {
    const item = { ...what, at: Date.now(), state: "sent" };
    this.items.push(item);
    this.changed();
    try {
      item.id = (await send()).interaction_id;
    } catch (err) {
      if (what.name) this.drop(item); // the composer shows it, with the text still there
      else this.fail(item, err.message);
      throw err;
    }
    const early = this.early.get(item.id);
    if (early) this.hear(early);
    setTimeout(() => item.state === "sent" && this.drop(item), patience);
  }

  /** hear takes an `interaction` event. */
  hear({ id, state, reason }) {
    const item = this.items.find((i) => i.id === id);
    if (!item) {
      this.early.set(id, { id, state, reason });
      if (this.early.size > 200) this.early.delete(this.early.keys().next().value);
    } else if (state === "failed") this.fail(item, reason || noAnswer);
    else if (state === "acknowledged") this.drop(item);
  }

  /** answered forgets what a new message answers. */
  answered(message) {
    const by = message.interaction_metadata?.id;
    this.items.filter((i) => i.state === "sent" && i.id && i.id === by).forEach((i) => this.drop(i));
  }

  fail(item, reason) {
    item.state = "failed";
    item.reason = reason;
    this.changed();
  }

  drop(item) {
    this.items = this.items.filter((i) => i !== item);
    this.changed();
  }

  /** commands of a channel that wait or failed; buttons of one message likewise. */
  commands(channel) { return this.items.filter((i) => i.name && i.channel === channel); }
  buttons(message) { return this.items.filter((i) => i.message === message); }
}
