// How values read: "2.4 %", "180 ms", "31 req/s".

function short(v) {
  const a = Math.abs(v);
  if (a === 0) return "0";
  if (a >= 1e9) return trim(v / 1e9) + " G";
  if (a >= 1e6) return trim(v / 1e6) + " M";
  if (a >= 1e4) return trim(v / 1e3) + " k";
  return trim(v);
}

function trim(v) {
  const a = Math.abs(v);
  const digits = a >= 100 ? 0 : a >= 10 ? 1 : a >= 1 ? 2 : a >= 0.01 ? 3 : 4;
  return String(Number(v.toFixed(digits)));
}

/** read writes a value with its unit. */
export function read(v, unit) {
  if (v === null || v === undefined) return "no data";
  if (unit === "ratio") return trim(v * 100) + " %";
  if (unit === "s") return Math.abs(v) >= 1 || v === 0 ? trim(v) + " s" : Math.abs(v) >= 0.001 ? trim(v * 1000) + " ms" : trim(v * 1e6) + " µs";
  if (unit === "bytes") return short(v).replace(/( [GMk])?$/, (m) => (m || " ") + "B");
  if (unit === "bool") return v === 1 ? "up" : v === 0 ? "down" : trim(v);
  if (unit === "number") return short(v);
  return short(v) + (unit ? " " + unit : "");
}

/** ticks are round numbers that cover a span: about n of them. */
export function ticks(low, high, n) {
  const raw = (high - low) / n || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((f) => f * power).find((s) => s >= raw * 0.999);
  const out = [];
  for (let v = Math.ceil(low / step - 1e-9) * step; v <= high + step * 1e-9; v += step) out.push(Math.abs(v) < step * 1e-9 ? 0 : v);
  return { values: out, step };
}
