// What there is among the pairs: bands of scores to draw and to type, and names to choose.

import { button, fill, h, number, svg } from "../kit.js";
import { BANDS, LABELS } from "./place.js";

const WIDE = 240;
const HIGH = 48;

/** The panel: facets({ answer, words, change }); `change(words)` gets other filters. */
export function facets({ answer, words, change }) {
  const known = answer.facets;
  const parts = [
    ...BANDS.filter((name) => known[name].counts.length).map((name) => bandFacet(name, known[name], words, change)),
    one("step", known.step, words, change, answer),
    one("reason", known.reason, words, change, answer),
    ...["topic", "cluster", "domain", "licence"].map((name) => many(name, known[name], words, change)),
    many("has", Object.entries(known.has).map(([value, pairs]) => ({ value, pairs })), words, change),
  ];
  return h("div", { class: "facets" }, parts);
}

function bandFacet(name, band, words, change) {
  const set = (low, high) => change({ ...words, [name]: low === "" && high === "" ? "" : `${low}..${high}` });
  const [low = "", high = ""] = (words[name] ?? "").split("..");
  const read = () => set(fields[0].value.trim(), fields[1].value.trim());
  const fields = [["lowest", low], ["highest", high]].map(([word, value]) =>
    h("input", { type: "number", step: "0.01", value, "aria-label": `${LABELS[name]}, ${word}`, placeholder: word === "lowest" ? band.low.toFixed(2) : band.high.toFixed(2), onchange: read }));
  return part(LABELS[name], drawn(band, set, LABELS[name]),
    h("div", { class: "bounds" }, fields[0], h("span", {}, "to"), fields[1]),
    band.none ? h("p", { class: "note" }, `${number(band.none)} without`) : null);
}

/** A histogram; a click on a bar asks for its band. */
function drawn(band, set, label) {
  const most = Math.max(...band.counts, 1);
  const step = (band.high - band.low) / band.counts.length;
  const wide = WIDE / band.counts.length;
  const bars = band.counts.map((pairs, place) => {
    const [from, upto] = [band.low + place * step, band.low + (place + 1) * step].map((edge) => edge.toFixed(3));
    const tall = pairs ? Math.max(2, (pairs / most) * HIGH) : 0;
    return svg("g", { class: "bin", onclick: () => set(from, upto) },
      svg("title", {}, `${from} to ${upto}: ${number(pairs)}`),
      svg("rect", { class: "hit", x: place * wide, y: 0, width: wide, height: HIGH }),
      svg("rect", { class: "tall", x: place * wide + 0.5, y: HIGH - tall, width: wide - 1, height: tall }));
  });
  const words = `${label}: ${band.low.toFixed(2)} to ${band.high.toFixed(2)}, most at ${(band.low + band.counts.indexOf(most) * step).toFixed(2)}`;
  return h("div", { class: "histogram" },
    svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": words, preserveAspectRatio: "none" }, bars),
    h("div", { class: "ends" }, h("span", {}, band.low.toFixed(2)), h("span", {}, band.high.toFixed(2))));
}

/** Names of which several may be chosen. */
function many(name, rows, words, change) {
  if (!rows?.length) return null;
  const chosen = words[name] ?? [];
  const choose = (value) => {
    const now = chosen.includes(value) ? chosen.filter((each) => each !== value) : [...chosen, value];
    change({ ...words, [name]: now });
  };
  return listed(LABELS[name], rows, (row) => {
    const value = row.value === "" ? "-" : String(row.value);
    return choice(row.words || (row.value === "" ? "none stated" : row.value), row.pairs, chosen.includes(value), () => choose(value));
  });
}

/** Names of which one may be chosen. */
function one(name, rows, words, change, answer) {
  if (!rows) return null;
  const known = new Map(rows.map((row) => [row.value, row]));
  const whole = name === "reason" ? byReason(answer.dropped) : [];
  for (const row of whole) if (!known.has(row.value)) known.set(row.value, row);
  if (!known.size) return null;
  const told = new Map(whole.map((row) => [row.value, row.title]));
  return listed(LABELS[name], [...known.values()], (row) => choice(
    row.value.replaceAll("_", " "), row.pairs, words[name] === row.value,
    () => change({ ...words, [name]: words[name] === row.value ? "" : row.value }), told.get(row.value)));
}

function byReason(dropped) {
  const sums = new Map();
  for (const row of dropped ?? []) {
    const sum = sums.get(row.reason) ?? { value: row.reason, pairs: 0, title: row.words };
    sums.set(row.reason, { ...sum, pairs: sum.pairs + row.pairs });
  }
  return [...sums.values()];
}

function choice(text, pairs, pressed, choose, title) {
  return h("li", {}, h("button", { type: "button", class: "choice", "aria-pressed": String(pressed), onclick: choose, title },
    h("span", { class: "cut" }, text), h("span", { class: "num" }, number(pairs))));
}

const FIRST = 8;

function listed(title, rows, item) {
  const list = h("ul", { class: "choices" }, rows.slice(0, FIRST).map(item));
  const rest = rows.slice(FIRST);
  const more = rest.length ? button(`${number(rest.length)} more`, () => {
    list.append(...rest.map(item));
    more.remove();
  }, { kind: "quiet small" }) : null;
  return part(title, list, more);
}

function part(title, ...content) {
  return h("section", { class: "facet" }, h("h3", {}, title), content);
}

/** Put the facets where they belong: beside the pairs, or folded above them where that is narrow. */
export function panel(content) {
  const wide = matchMedia("(min-width: 900px)").matches;
  const box = h("details", { class: "panel-facets", open: wide }, h("summary", {}, "Filters"), content);
  return box;
}

/** Draw again without the fold being opened or closed. */
export function redrawn(box, content) {
  fill(box, box.querySelector("summary"), content);
}
