// What the address of the page says of pairs, and how it is changed.

export const BANDS = ["score", "relevance", "syn_score"];
export const LISTS = ["cluster", "topic", "domain", "licence", "has"];
export const WORDS = ["step", "reason", "q", "like", "seen", "sel", "lasso", "among", "sort"];
export const LABELS = {
  score: "Image–text1 cosine", relevance: "Estimated relevance", syn_score: "Image–synthetic cosine",
  cluster: "Cluster", topic: "Topic", domain: "Domain", licence: "Licence", has: "Has", step: "Came to",
  reason: "Dropped as", q: "Search", like: "Like pair", seen: "Like a picture", sel: "Chosen on the map", lasso: "Drawn on the map",
};
const QUIET = new Set(["among", "sort"]);

/** The filters that an address holds, lists always as lists. */
export function asked(params) {
  const words = {};
  for (const key of [...BANDS, ...WORDS]) if (params[key]) words[key] = [params[key]].flat()[0];
  for (const key of LISTS) if (params[key]) words[key] = [params[key]].flat();
  return words;
}

/** The same filters with one value of a list added, or taken away if it is there. */
export function toggled(words, key, value) {
  const text = String(value);
  const now = words[key] ?? [];
  const next = now.includes(text) ? now.filter((each) => each !== text) : [...now, text];
  return { ...words, [key]: next };
}

/** The filters as chips: key, value and what a person reads. */
export function chips(words) {
  return Object.entries(words).filter(([key]) => !QUIET.has(key)).flatMap(([key, value]) =>
    [value].flat().filter(Boolean).map((each) => ({ key, value: each, text: `${LABELS[key]}: ${spoken(key, each)}` })));
}

/** The filters without one chip. */
export function without(words, { key, value }) {
  const rest = { ...words };
  if (Array.isArray(rest[key])) rest[key] = rest[key].filter((each) => each !== value);
  else delete rest[key];
  return rest;
}

function spoken(key, value) {
  if (key === "sel" || key === "lasso" || key === "seen") return "yes";
  if (BANDS.includes(key)) return value.replace("..", " to ").replace(/^ to /, "up to ").replace(/ to $/, " and more");
  if (key === "has") return value.startsWith("-") ? `no ${value.slice(1)}` : value;
  return value === "-" ? "none" : value;
}

/** All keys that are not set any more as null, so that the address loses them. */
export function forAddress(words) {
  const none = Object.fromEntries([...BANDS, ...LISTS, ...WORDS].map((key) => [key, null]));
  return { ...none, ...words };
}
