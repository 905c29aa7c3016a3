// Charts of an evaluation: values with their intervals, and curves. Tables beside them say the same.

import { number, svg } from "../../kit.js";

const WIDEST = 560;
const NARROWEST = 300;
const AROUND = 50; // pixels that a card takes beside a chart on a small screen
const LEFT = 150;
const LINE = 22;
const EDGE = { left: 52, right: 24, top: 12, bottom: 40 };
const HEIGHT = 240;
const SERIES = 8;
const LOGARITHMIC = new Set(["pairs", "skew"]);
const TICKS = 5;

/** Values with intervals, one below the other: intervals([{ label, value, low, high, kind }], { title, zero }). */
export function intervals(rows, { title, zero = false }) {
  const known = rows.flatMap((row) => [row.value, row.low, row.high]).filter((each) => each !== null);
  const [from, to] = padded(Math.min(...known, 0), Math.max(...known, 0));
  const x = scale(from, to, LEFT, width() - EDGE.right);
  const bottom = EDGE.top + LINE * rows.length;
  return frame(title, bottom + 24, [
    ticks(from, to).map((value) => [
      svg("line", { class: "grid", x1: x(value), x2: x(value), y1: EDGE.top, y2: bottom }),
      text(x(value), bottom + 16, number(value, 2), "middle")]),
    zero ? svg("line", { class: "zero", x1: x(0), x2: x(0), y1: EDGE.top, y2: bottom }) : null,
    rows.map((row, place) => measured(row, EDGE.top + LINE * (place + 0.5), x)),
  ]);
}

function measured(row, y, x) {
  return svg("g", { class: `of-${row.kind}` },
    svg("title", {}, `${row.label}: ${number(row.value, 3)}`),
    text(LEFT - 8, y + 4, shortened(row.label), "end"),
    row.low === null || row.high === null ? null : svg("line", { class: "between", x1: x(row.low), x2: x(row.high), y1: y, y2: y }),
    svg("circle", { class: "value", cx: x(row.value), cy: y, r: 4.5 }));
}

/** Lines over a property of what was trained with; what is extrapolated is dashed. */
export function lines(points, { title, over, label, names }) {
  const log = LOGARITHMIC.has(over) && points.every((point) => point.x > 0);
  const even = (value) => (log ? Math.log10(value) : value);
  const xs = points.map((point) => even(point.x));
  const ys = points.flatMap((point) => [point.value, point.low, point.high]).filter((each) => each !== null);
  const right = width() - EDGE.right;
  const x = scale(...widened(Math.min(...xs), Math.max(...xs)), EDGE.left, right);
  const [low, high] = padded(Math.min(...ys, 0), Math.max(...ys, 0));
  const y = scale(low, high, HEIGHT - EDGE.bottom, EDGE.top);
  const places = new Map(points.map((point) => [point.x, x(even(point.x))]));
  const drawn = names.flatMap((arm, series) => series_of(points.filter((point) => point.arm === arm), places, y, series));
  return frame(title, HEIGHT, [
    ticks(low, high).map((value) => [
      svg("line", { class: "grid", x1: EDGE.left, x2: right, y1: y(value), y2: y(value) }),
      text(EDGE.left - 6, y(value) + 4, number(value, 2), "end")]),
    spaced([...places].sort((a, b) => a[1] - b[1])).map(([value, at]) => text(at, HEIGHT - EDGE.bottom + 16, number(value, over === "pairs" && value >= 10 ? 0 : undefined), "middle")),
    text((EDGE.left + right) / 2, HEIGHT - 6, label, "middle"), drawn,
  ]);
}

function series_of(points, places, y, series) {
  const kind = `series-${(series % SERIES) + 1}`;
  const ordered = [...points].sort((a, b) => a.x - b.x);
  const far = ordered.filter((point) => point.kind === "extrapolated");
  const seen = ordered.filter((point) => point.kind !== "extrapolated" && point.kind !== "fitted");
  const fitted = ordered.filter((point) => point.kind === "fitted");
  const near = fitted.length ? fitted : seen;
  const sure = [...near, ...far].filter(between);
  const at = (point, key = "value") => `${places.get(point.x)},${y(point[key])}`;
  const band = [...sure.map((point) => at(point, "high")), ...[...sure].reverse().map((point) => at(point, "low"))];
  return [
    band.length > 2 ? svg("polygon", { class: `band ${kind}`, points: band.join(" ") }) : null,
    svg("polyline", { class: `way ${kind}`, points: near.map((point) => at(point)).join(" ") }),
    far.length ? svg("polyline", { class: `way far ${kind}`, points: [near.at(-1), ...far].filter(Boolean).map((point) => at(point)).join(" ") }) : null,
    near.length > 1 && near === seen ? null : seen.filter(between).map((point) => svg("line", { class: `way ${kind}`, x1: places.get(point.x), x2: places.get(point.x), y1: y(point.low), y2: y(point.high) })),
    [...seen, ...far].map((point) => svg("circle", { class: `point ${kind}`, cx: places.get(point.x), cy: y(point.value), r: 3.5 },
      svg("title", {}, `${point.arm} at ${number(point.x)}: ${number(point.value, 3)} (${point.kind})`))),
  ];
}

function between({ low, high }) {
  return low !== null && high !== null;
}

function spaced(places) {
  const kept = [];
  for (const place of places) if (!kept.length || place[1] - kept.at(-1)[1] > 48) kept.push(place);
  return kept;
}

function shortened(label) {
  return label.length > 21 ? `${label.slice(0, 20)}…` : label;
}

function widened(from, to) {
  return to > from ? [from, to] : [from - 0.5, to + 0.5];
}

function padded(from, to) {
  const edge = (to - from || 1) * 0.06;
  return [from < 0 ? from - edge : from, to > 0 ? to + edge : to];
}

function ticks(from, to) {
  const rough = (to - from) / TICKS || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough * 0.999);
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, place) => (first + place) * step);
}

function scale(from, to, start, end) {
  const span = to - from || 1;
  return (value) => start + ((value - from) / span) * (end - start);
}

// As wide as the screen lets it be, so that words are not shrunk with it.
function width() {
  return Math.max(NARROWEST, Math.min(WIDEST, document.documentElement.clientWidth - AROUND));
}

function frame(title, height, parts) {
  return svg("svg", { class: "chart", viewBox: `0 0 ${width()} ${height}`, role: "img", "aria-label": title }, parts);
}

function text(x, y, words, anchor) {
  return svg("text", { x, y, "text-anchor": anchor }, words);
}
