// The list that opens above the composer. It shows what it is given and keeps
// one item active; what choosing means is the composer's business.

import { append, h } from "./dom.js";

export class Completion {
  constructor(choose) {
    this.choose = choose;
    this.node = h("div", { class: "completion", id: "completion", role: "listbox", "data-testid": "completion", hidden: true });
    this.items = [];
    this.active = -1;
  }

  get open() { return !this.node.hidden; }
  get current() { return this.open ? this.items[this.active] : undefined; }

  /**
   * show opens the list. items: {key, label, detail, note, dim, mark}; the
   * first is active when `eager`, otherwise none until an arrow key is used.
   */
  show(title, items, { eager = true, empty = "" } = {}) {
    if (!items.length && !empty) return this.hide();
    const held = this.items[this.active]?.key;
    const at = items.findIndex((i) => i.key === held);
    this.items = items;
    this.active = !items.length ? -1 : this.open && this.title === title && at >= 0 && this.moved ? at : eager ? 0 : -1;
    if (this.active !== at) this.moved = false;
    this.title = title;
    this.node.replaceChildren();
    append(this.node, [h("header", {}, title), items.map((item, i) => this.row(item, i)), !items.length && h("p", { class: "empty" }, empty)]);
    this.node.hidden = false;
    this.mark();
    return undefined;
  }

  hide() {
    this.node.hidden = true;
    this.items = [];
    this.active = -1;
    this.moved = false;
  }

  move(by) {
    if (!this.items.length) return;
    this.moved = true;
    this.active = this.active < 0 ? (by > 0 ? 0 : this.items.length - 1) : (this.active + by + this.items.length) % this.items.length;
    this.mark();
  }

  row(item, i) {
    const node = h("div", {
      class: "option" + (item.dim ? " dim" : ""), id: "completion-" + i, role: "option",
      "data-testid": "completion-item", "data-value": item.key,
      // mousedown, so that the composer keeps its focus
      onmousedown: (e) => { e.preventDefault(); this.choose(item); },
    }, item.mark, h("span", { class: item.detail ? "option-label" : "option-label alone" }, item.label), item.detail && h("span", { class: "option-detail" }, item.detail), item.note && h("span", { class: "option-note" }, item.note));
    return node;
  }

  mark() {
    this.node.querySelectorAll(".option").forEach((node, i) => {
      node.classList.toggle("active", i === this.active);
      node.setAttribute("aria-selected", String(i === this.active));
      if (i === this.active) node.scrollIntoView({ block: "nearest" });
    });
  }
}
