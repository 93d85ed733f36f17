// The switch at the top right: whose eyes the page looks through.

import { avatar, h } from "./dom.js";

/** personasOf lists the switch's positions: each person, and game master + player at once. */
export function personasOf(people) {
  const of = (role) => people.filter((p) => p.role === role);
  const one = (p, label) => ({ key: p.name, label, people: [p], ids: [p.id] });
  const list = [
    ...of("admin").map((p, i, all) => one(p, all.length > 1 ? p.name : "Game master")),
    ...of("player").map((p) => one(p, "Player " + p.name)),
    ...of("viewer").map((p, i, all) => one(p, all.length > 1 ? p.name : "Viewer")),
  ];
  const [admin, player] = [of("admin")[0], of("player")[0]];
  if (admin && player) list.push({ key: "both", label: "Both", people: [admin, player], ids: [admin.id, player.id], title: `${admin.name} and ${player.name} at once` });
  return list;
}

/** drawPersonas fills the switch. Arrow keys move it, as in any radio group. */
export function drawPersonas(app) {
  const node = document.getElementById("persona");
  const list = personasOf(app.store.first.people || []);
  const key = JSON.stringify([list, app.ui.as]);
  if (node.dataset.key === key) return;
  const focused = node.contains(document.activeElement);
  node.dataset.key = key;
  const choose = (persona) => { app.move({ as: persona.key }); };
  node.replaceChildren(...list.map((p, i) => h("button", {
    type: "button", role: "radio", "aria-checked": String(p.key === app.ui.as), tabindex: p.key === app.ui.as ? "0" : "-1",
    "data-testid": "persona-" + p.key, title: p.title || "See the chat as " + p.people[0].name,
    onclick: () => choose(p),
    onkeydown: (e) => {
      const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[e.key];
      if (!by) return;
      e.preventDefault();
      choose(list[(i + by + list.length) % list.length]);
    },
  }, h("span", { class: "faces" }, p.people.map((x) => avatar(x, "tiny"))), h("span", { class: "persona-label" }, p.label))));
  if (focused) node.querySelector('[aria-checked="true"]')?.focus();
}
