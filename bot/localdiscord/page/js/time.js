// Times as people read them, always in the reader's own zone.

// 24 hours, as in the graphs and the logs: one moment reads alike everywhere.
const dateTime = (options) => new Intl.DateTimeFormat(undefined, { ...options, hourCycle: "h23" });

// Discord's timestamp styles: <t:UNIX:STYLE>.
const styles = {
  t: dateTime({ hour: "2-digit", minute: "2-digit" }),
  T: dateTime({ hour: "2-digit", minute: "2-digit", second: "2-digit" }),
  d: dateTime({ day: "2-digit", month: "2-digit", year: "numeric" }),
  D: dateTime({ day: "numeric", month: "long", year: "numeric" }),
  f: dateTime({ day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit" }),
  F: dateTime({ weekday: "long", day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit" }),
  s: dateTime({ day: "2-digit", month: "2-digit", year: "numeric", hour: "2-digit", minute: "2-digit" }),
  S: dateTime({ day: "2-digit", month: "2-digit", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" }),
};
const full = dateTime({ dateStyle: "full", timeStyle: "medium" });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "always" });
const units = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

/** ago says how far a time is: "in 3 minutes", "5 seconds ago". */
export function ago(date, now = Date.now()) {
  const seconds = Math.round((date.getTime() - now) / 1000);
  // Rounded, as Discord does: 3 h 59 min are 4 hours.
  for (const [unit, size] of units) {
    if (Math.abs(Math.round(seconds / size)) >= 1 && (Math.abs(seconds) >= size * 0.9 || unit === "second")) return relative.format(Math.round(seconds / size), unit);
  }
  return "now";
}

/** stamp formats a Discord timestamp; an unknown style reads as f. */
export function stamp(date, style) {
  return style === "R" ? ago(date) : (styles[style] || styles.f).format(date);
}

export const clock = (date) => styles.t.format(date);
export const clockSeconds = (date) => styles.T.format(date);
export const longTime = (date) => full.format(date);

/** dayName names a date for the divider between days. */
export function dayName(date) {
  const day = styles.D.format(date);
  return day === styles.D.format(new Date()) ? "Today, " + day : day;
}

/** keepFresh rewrites the relative times on the page once a second. */
export function keepFresh() {
  setInterval(() => {
    for (const node of document.querySelectorAll("time[data-relative]")) {
      const text = ago(new Date(node.dateTime));
      if (node.textContent !== text) node.textContent = text;
    }
  }, 1000);
}
