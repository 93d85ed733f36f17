// Building nodes. Nothing here assigns HTML from a string: a log line is text.

function fill(node, props, children) {
  for (const [key, value] of Object.entries(props || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "colour") node.style.setProperty("color", value);
    else if (key === "ground") node.style.setProperty("background", value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) if (child !== undefined && child !== null && child !== false && child !== "") node.append(child);
  return node;
}

export const h = (tag, props, ...children) => fill(document.createElement(tag), props, children);
export const svg = (tag, props, ...children) => fill(document.createElementNS("http://www.w3.org/2000/svg", tag), props, children);

const palette = ["#5fd6a6", "#7cc4f5", "#ff8458", "#c9a0f5", "#f2cf5b", "#f28bb6", "#6fe0e0", "#b6d36a", "#9aa8f7", "#e0a577"];

/** colourOf gives the nth line or source its colour. */
export const colourOf = (n) => palette[n % palette.length];

const two = (n) => String(n).padStart(2, "0");

/** time writes a clock time in the reader's zone; ms adds the milliseconds. */
export function time(date, { seconds = true, ms = false } = {}) {
  return `${two(date.getHours())}:${two(date.getMinutes())}${seconds ? ":" + two(date.getSeconds()) : ""}${ms ? "." + String(date.getMilliseconds()).padStart(3, "0") : ""}`;
}

/** kept is a small memory for this tab of the browser. */
export const kept = {
  get: (key) => sessionStorage.getItem("panel-" + key) || "",
  set: (key, value) => sessionStorage.setItem("panel-" + key, value),
};
