// The side panel: one of the rehearsal's tabs (Graphs, Logs, ...) beside the
// chat. Only the visible one is loaded, so a hidden one costs nothing.

import { h, icon } from "./dom.js";

const narrowest = 320; // px

export class Panel {
  constructor(app) {
    this.app = app;
    this.node = document.getElementById("panel");
    this.grip = document.getElementById("grip");
    this.tabs = document.getElementById("tabs");
    this.share = Number(localStorage.getItem("panel-share")) || 0.42; // of the window, so that it fits another one too
    this.fit();
    this.grip.addEventListener("pointerdown", (e) => this.drag(e));
    this.grip.addEventListener("keydown", (e) => {
      if (e.key === "ArrowLeft") this.resize(this.width + 32);
      if (e.key === "ArrowRight") this.resize(this.width - 32);
    });
    window.addEventListener("resize", () => this.fit());
  }

  fit() {
    this.width = Math.round(Math.max(narrowest, Math.min(this.share * window.innerWidth, window.innerWidth - 620)));
    document.getElementById("app").style.setProperty("--panel", this.width + "px");
  }

  resize(width) {
    this.share = width / window.innerWidth;
    this.fit();
    localStorage.setItem("panel-share", this.width / window.innerWidth);
  }

  drag(e) {
    e.preventDefault();
    this.grip.setPointerCapture(e.pointerId);
    document.body.classList.add("resizing"); // an iframe would swallow the pointer
    const move = (m) => this.resize(window.innerWidth - m.clientX);
    this.grip.addEventListener("pointermove", move);
    this.grip.addEventListener("pointerup", () => {
      this.grip.removeEventListener("pointermove", move);
      document.body.classList.remove("resizing");
    }, { once: true });
  }

  draw() {
    const tabs = this.app.store.tabs;
    const open = tabs.find((t) => t.name === this.app.ui.tab);
    const key = JSON.stringify([tabs, open?.name]);
    if (key === this.key) return;
    this.key = key;
    this.tabs.replaceChildren(...tabs.map((t) => h("a", {
      class: "tab" + (t === open ? " open" : ""), role: "tab", "aria-selected": String(t === open), ...this.app.link({ tab: t === open ? "" : t.name }),
      "data-testid": "tab-" + t.name, title: t === open ? "Close " + t.title : "Show " + t.title + " beside the chat",
    }, icon(/log/i.test(t.name) ? "rows" : /book/i.test(t.name) ? "book" : "chart"), h("span", {}, t.title))));
    document.getElementById("app").classList.toggle("with-panel", Boolean(open));
    this.node.hidden = this.grip.hidden = !open;
    if (!open) {
      this.node.replaceChildren();
      return;
    }
    this.node.replaceChildren(
      h("header", {}, h("h2", {}, open.title),
        h("a", { class: "quiet", href: open.path, target: "_blank", rel: "noopener", title: "Open in a window of its own", "aria-label": "Open in a window of its own" }, icon("out")),
        h("a", { class: "quiet", ...this.app.link({ tab: "" }), title: "Close", "aria-label": "Close the side panel", "data-testid": "panel-close" }, icon("close"))),
      h("iframe", { src: open.path, title: open.title, "data-testid": "panel-frame" }));
  }
}
