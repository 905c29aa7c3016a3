// Small charts with the bounds of a check drawn in: how a figure is spread, and how it went.

import { date, h, link, number, state, svg, table } from "../../kit.js";

const WIDTH = 560;
const HEIGHT = 150;
const EDGE = { left: 46, right: 12, top: 10, bottom: 26 };
const MARK = { passed: 4, failed: 6, overridden: 6 };

/** How numbers are spread: bars, and the bounds as lines. */
export function histogram(bins, { low, high }, title) {
  const [from, to] = widened([bins[0].from, bins.at(-1).to], [low, high]);
  const most = Math.max(...bins.map((bin) => bin.count));
  const x = scale(from, to, EDGE.left, WIDTH - EDGE.right);
  const y = scale(0, most, HEIGHT - EDGE.bottom, EDGE.top);
  const bars = bins.filter((bin) => bin.count).map((bin) =>
    svg("rect", { class: outside(bin, low, high) ? "odd" : "even", x: x(bin.from), y: y(bin.count), width: Math.max(2, x(bin.to) - x(bin.from) - 1), height: Math.max(1, y(0) - y(bin.count)) },
      svg("title", {}, `${number(bin.from)} to ${number(bin.to)}: ${number(bin.count)}`)));
  return frame(title, [
    ...bars, ...[low, high].filter((bound) => bound !== null && bound >= from && bound <= to).map((bound) => upright(x(bound), bound)),
    text(EDGE.left, HEIGHT - 8, number(from), "start"), text(WIDTH - EDGE.right, HEIGHT - 8, number(to), "end"), text(EDGE.left - 6, EDGE.top + 8, number(most), "end"),
  ]);
}

/** A figure run by run, with the bounds that held then. */
export function trend(points, title) {
  const known = points.filter(({ figure }) => figure.value !== null);
  const bounds = known.flatMap(({ figure }) => [figure.low, figure.high]).filter((each) => each !== null);
  const values = known.map(({ figure }) => figure.value);
  const [least, most] = widened([Math.min(...values), Math.max(...values)], bounds);
  const [from, to] = padded([least, most]);
  const x = scale(0, Math.max(1, known.length - 1), EDGE.left + 10, WIDTH - EDGE.right - 10);
  const y = scale(from, to, HEIGHT - EDGE.bottom, EDGE.top);
  const path = (name) => known.map(({ figure }, place) => (figure[name] === null ? null : [x(place), y(figure[name])])).filter(Boolean);
  return frame(title, [
    line(path("low"), "bound"), line(path("high"), "bound"), line(path("value"), "way"),
    ...known.map((point, place) => svg("circle", { class: `point is-${point.state}`, cx: x(place), cy: y(point.figure.value), r: MARK[point.state] ?? 4 },
      svg("title", {}, `${point.run}: ${number(point.figure.value)} (${point.state})`))),
    text(EDGE.left - 6, y(most) + 4, number(most), "end"), text(EDGE.left - 6, y(least) + 4, number(least), "end"),
    text(EDGE.left, HEIGHT - 8, known[0].run, "start"), known.length > 1 ? text(WIDTH - EDGE.right, HEIGHT - 8, known.at(-1).run, "end") : null,
  ]);
}

/** The same as a table, for who does not see it. */
export function trendTable(points, hrefOf, { name, about }) {
  return table([
    { key: "run", title: "Run", render: (row) => link(hrefOf(row), row.run) },
    { key: "generation", title: "Newest generation it reads", number: true },
    { key: "value", title: "Seen", number: true, value: (row) => row.figure.value, render: (row) => (row.figure.value === null ? row.saw : number(row.figure.value)) },
    { key: "low", title: "At least", number: true, value: (row) => row.figure.low },
    { key: "high", title: "At most", number: true, value: (row) => row.figure.high },
    { key: "state", title: "Verdict", render: (row) => state(row.state) },
  ], points, { caption: `${name} of ${about} in all runs, oldest first` });
}

/** Values and how often each comes, as bars. */
export function frequencies(values) {
  const most = Math.max(...values.map((each) => each.count));
  return h("table", { class: "frequencies" },
    h("caption", { class: "hidden" }, "Values, most frequent first"),
    h("tbody", {}, values.map((each) => h("tr", {},
      h("th", { scope: "row" }, each.value ?? `${number(each.others)} others`),
      h("td", { class: "num" }, number(each.count)),
      h("td", { class: "wide", "aria-hidden": "true" }, h("div", { class: "bar" }, h("span", { class: "part is-running", style: { width: `${(100 * each.count) / most}%` } })))))));
}

/** Who overrode it, when and why. */
export function overriding({ by, at, reason, checks }) {
  return [
    h("p", {}, state("overridden"), ` by ${by} on ${date(at)}`),
    h("blockquote", {}, reason),
    h("ul", {}, checks.map((each) => h("li", {}, `${each.about}: expected ${each.expected}; saw ${each.saw}`))),
  ];
}

function outside(bin, low, high) {
  return (low !== null && bin.to < low) || (high !== null && bin.from > high);
}

/** Let the bounds into the picture, unless they are so far away that nothing else would be seen. */
function widened([from, to], bounds) {
  const span = to - from || Math.abs(to) || 1;
  const near = bounds.filter((bound) => bound !== null && bound > from - 3 * span && bound < to + 3 * span);
  const [low, high] = [Math.min(from, ...near), Math.max(to, ...near)];
  return high > low ? [low, high] : [low - span / 2, high + span / 2];
}

function padded([from, to]) {
  const edge = (to - from) * 0.08;
  return [from - edge, to + edge];
}

function scale(from, to, start, end) {
  const span = to - from || 1;
  return (value) => start + ((value - from) / span) * (end - start);
}

function frame(title, parts) {
  return svg("svg", { class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": title },
    svg("line", { class: "axis", x1: EDGE.left, x2: WIDTH - EDGE.right, y1: HEIGHT - EDGE.bottom, y2: HEIGHT - EDGE.bottom }), parts);
}

function upright(x, bound) {
  return svg("g", {}, svg("line", { class: "bound", x1: x, x2: x, y1: EDGE.top, y2: HEIGHT - EDGE.bottom }),
    x > EDGE.left + 40 && x < WIDTH - EDGE.right - 40 ? text(x, HEIGHT - 8, number(bound), "middle") : null);
}

function line(places, name) {
  if (places.length === 1 && name === "bound") return svg("line", { class: name, x1: EDGE.left, x2: WIDTH - EDGE.right, y1: places[0][1], y2: places[0][1] });
  return places.length < 2 ? null : svg("polyline", { class: name, points: places.map((place) => place.join(",")).join(" ") });
}

function text(x, y, words, anchor) {
  return svg("text", { x, y, "text-anchor": anchor }, words);
}
