// Numbers, sizes, times and shares as people read them. Separators are thin: 12 345.

const THIN = "\u202f";
const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/** 1234567.891 → "1 234 567.9"; `digits` after the point. Nothing is "–". */
export function number(value, digits) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  const after = digits ?? (Number.isInteger(value) ? 0 : Math.abs(value) < 10 ? 3 : 1);
  const [whole, part] = Math.abs(value).toFixed(after).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, THIN);
  return `${value < 0 ? "−" : ""}${grouped}${part ? `.${part}` : ""}`;
}

/** 0.1234 → "12.3 %". */
export function percent(share, digits = 1) {
  return share === null || share === undefined ? "–" : `${number(share * 100, digits)}${THIN}%`;
}

/** 12345678 → "12.3 MB". */
export function bytes(value) {
  if (value === null || value === undefined) return "–";
  let step = 0;
  let size = value;
  while (size >= 1000 && step < UNITS.length - 1) {
    size /= 1000;
    step += 1;
  }
  return `${number(size, step && size < 100 ? 1 : 0)}${THIN}${UNITS[step]}`;
}

/** 3725 → "1 h 2 min"; below ten seconds with one digit. */
export function seconds(value) {
  if (value === null || value === undefined) return "–";
  if (value < 10) return `${number(value, 1)}${THIN}s`;
  const parts = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  let rest = Math.round(value);
  const said = [];
  for (const [size, unit] of parts) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count || said.length) said.push([count, unit]);
  }
  return said.slice(0, 2).filter(([count]) => count).map(([count, unit]) => `${number(count)}${THIN}${unit}`).join(" ");
}

/** An ISO date or seconds since 1970 → "2026-11-28 14:05" in the reader's zone. */
export function date(value) {
  if (value === null || value === undefined || value === "") return "–";
  const when = new Date(typeof value === "number" ? value * 1000 : value);
  if (Number.isNaN(when.getTime())) return String(value);
  const two = (part) => String(part).padStart(2, "0");
  const day = `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())}`;
  return `${day} ${two(when.getHours())}:${two(when.getMinutes())}`;
}

/** "1 shard", "12 shards". */
export function count(value, word, plural = `${word}s`) {
  return `${number(value)} ${value === 1 ? word : plural}`;
}

/** The last part of a URI; the whole one belongs into a title. */
export function name(uri) {
  return String(uri ?? "").replace(/\/+$/, "").split("/").pop();
}
