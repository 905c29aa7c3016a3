// The grid: a row for each stage, a cell for each shard, on a canvas; by mouse and by keyboard.

import { button, count, fill, h, number, say } from "../../kit.js";
import { BAD, DRAWN, RANK, STATES } from "./states.js";

const ROW = 20; // pixels
const WIDEST = 18; // of a cell
const LEGIBLE = 10; // from which on a cell has its letter
const HELP = "Arrow keys move, with Shift they select, N and P lead to the next and previous shard"
  + " that is not well, plus and minus zoom, Enter opens, Escape lets go.";

/** Make the grid; `told` has opened(stage, shard) and selected(stage, shards).
 *  The element has update(stages), filter(shown), select(stage, shards), goTo(stage, shard). */
export function grid(told) {
  const at = { stages: [], from: 0, span: 1, cursor: null, chosen: null, shown: null, told, drag: null };
  at.canvas = h("canvas", { class: "cells", "aria-hidden": "true" });
  at.labels = h("div", { class: "labels", "aria-hidden": "true" });
  at.tip = h("div", { class: "cell-tip", hidden: true, "aria-hidden": "true" });
  at.field = h("div", { class: "field-of-cells", role: "application", tabindex: "0", "aria-label": "Shards by stage", "aria-describedby": "grid-help" }, at.canvas, at.tip);
  at.slider = h("input", { type: "range", min: 0, value: 0, class: "from", "aria-label": "First shard in sight", oninput: () => scroll(at, Number(at.slider.value)) });
  at.extent = h("span", { class: "note num" });
  const zooms = h("div", { class: "row zooms" },
    button("−", () => zoom(at, 2), { kind: "small", "aria-label": "Zoom out" }),
    button("+", () => zoom(at, 0.5), { kind: "small", "aria-label": "Zoom in" }),
    button("All", () => zoom(at, Infinity), { kind: "small" }), at.slider, at.extent);
  const made = h("div", { class: "shards-grid" }, zooms, h("p", { class: "hidden", id: "grid-help" }, HELP),
    h("div", { class: "plane" }, at.labels, at.field));
  listen(at);
  made.update = (stages) => update(at, stages);
  made.filter = (shown) => { at.shown = shown; draw(at); };
  made.select = (stage, shards) => choose(at, stage, new Set(shards), { lead: true });
  made.clear = () => choose(at, "", new Set());
  made.goTo = (stage, shard) => moveTo(at, at.stages.findIndex((each) => each.name === stage), shard);
  new ResizeObserver(() => draw(at)).observe(at.field);
  document.addEventListener("realsyn:theme", () => draw(at));
  return made;
}

function update(at, stages) {
  const whole = at.span >= widest(at);
  at.stages = stages;
  if (whole || at.span > widest(at)) at.span = widest(at);
  fill(at.labels, stages.map((stage, row) => h("div", { class: "label", title: `${stage.name}, ${count(stage.states.length, "shard")}`, onclick: () => moveTo(at, row, 0) }, stage.name)));
  draw(at);
}

function widest(at) {
  return Math.max(1, ...at.stages.map((stage) => stage.states.length));
}

// -- where a shard is -----------------------------------------------------------------------------

/** How a row is laid out: one whose shards all fit shows them all, at any zoom. */
function layout(at, row) {
  const shards = at.stages[row].states.length;
  const width = at.canvas.clientWidth || 1;
  if (shards * 4 <= width || shards <= at.span) return { first: 0, cell: Math.min(WIDEST, width / Math.max(1, shards)), shards };
  return { first: at.from, cell: Math.min(WIDEST, width / at.span), shards };
}

function placeOf(at, event) {
  const box = at.canvas.getBoundingClientRect();
  const row = Math.floor((event.clientY - box.top) / ROW);
  if (row < 0 || row >= at.stages.length) return null;
  const { first, cell, shards } = layout(at, row);
  const shard = first + Math.floor((event.clientX - box.left) / cell);
  return { row, shard: Math.max(0, Math.min(shards - 1, shard)), inside: shard < shards };
}

// -- drawing --------------------------------------------------------------------------------------

function draw(at) {
  const width = at.field.clientWidth;
  if (!width || !at.stages.length) return;
  const height = at.stages.length * ROW;
  const scale = devicePixelRatio || 1;
  Object.assign(at.canvas, { width: Math.round(width * scale), height: Math.round(height * scale) });
  at.canvas.style.setProperty("height", `${height}px`);
  at.base = h("canvas", { width: at.canvas.width, height: at.canvas.height });
  const pen = at.base.getContext("2d");
  pen.scale(scale, scale);
  at.colours = palette(at.canvas);
  at.stages.forEach((stage, row) => drawRow(at, pen, at.colours, row));
  compose(at);
  const most = widest(at);
  at.slider.max = Math.max(0, most - at.span);
  at.slider.value = at.from;
  at.slider.disabled = at.span >= most;
  fill(at.extent, `${number(at.from)}–${number(Math.min(most, at.from + at.span) - 1)} of ${number(most)}`);
}

/** Put the cursor over what was drawn: all that changes at a step. */
function compose(at) {
  if (!at.base) return;
  const pen = at.canvas.getContext("2d");
  const scale = devicePixelRatio || 1;
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, at.canvas.width, at.canvas.height);
  pen.drawImage(at.base, 0, 0);
  pen.scale(scale, scale);
  drawCursor(at, pen, at.colours);
}

function palette(element) {
  const style = getComputedStyle(element);
  const read = (token) => style.getPropertyValue(token).trim();
  const colours = Object.fromEntries(STATES.map((name) => [name, read(DRAWN[name].token)]));
  return { ...colours, cursor: read("--text"), chosen: read("--focus"), letter: read("--surface"), text: read("--text") };
}

function drawRow(at, pen, colours, row) {
  const stage = at.stages[row];
  const { first, cell, shards } = layout(at, row);
  const width = at.canvas.clientWidth;
  const end = Math.min(shards, first + Math.ceil(width / cell));
  const step = Math.max(1, Math.floor(1 / cell)); // shards that share a column of pixels
  for (let shard = first; shard < end; shard += step) {
    const name = worst(at, stage, shard, Math.min(end, shard + step));
    const x = Math.round((shard - first) * cell);
    const right = Math.max(x + 1, Math.round((shard - first + step) * cell));
    drawCell(pen, colours, name, x, row * ROW, right - x, seen(at, stage, shard, Math.min(end, shard + step)));
  }
  if (at.chosen?.stage === stage.name) drawChosen(at, pen, colours, row, first, cell, end);
}

function worst(at, stage, from, to) {
  let name = stage.states[from];
  for (let shard = from + 1; shard < to; shard += 1) {
    if (RANK[stage.states[shard]] < RANK[name]) name = stage.states[shard];
  }
  return name;
}

function seen(at, stage, from, to) {
  if (!at.shown) return true;
  for (let shard = from; shard < to; shard += 1) if (at.shown(stage, shard)) return true;
  return false;
}

function drawCell(pen, colours, name, x, y, width, shown) {
  const gap = width >= 4 ? 1 : 0;
  const { shape } = DRAWN[name];
  const [top, height] = { calm: [5, ROW - 10], low: [ROW - 9, 5] }[shape] ?? [1, ROW - 2];
  pen.globalAlpha = shown ? 1 : 0.12;
  pen.fillStyle = colours[name];
  pen.strokeStyle = colours[name];
  if (shape === "frame" && width >= 4) pen.strokeRect(x + 0.5, y + top + 0.5, width - gap - 1, height - 1);
  else pen.fillRect(x, y + top, width - gap, height);
  if (width >= LEGIBLE && BAD.has(name)) letter(pen, colours, name, x + (width - gap) / 2, y + ROW / 2);
  else if (width >= 4) pattern(pen, colours, shape, x, y + top, width - gap, height);
  pen.globalAlpha = 1;
}

function letter(pen, colours, name, x, y) {
  pen.fillStyle = colours.letter;
  pen.font = "bold 11px ui-monospace, monospace";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText({ damaged: "X", failed: "F", quarantined: "Q", stale: "S" }[name], x, y);
}

function pattern(pen, colours, shape, x, y, width, height) {
  const lines = { rising: [[0, 1, 1, 0]], falling: [[0, 0, 1, 1]], cross: [[0, 0, 1, 1], [0, 1, 1, 0]] }[shape] ?? [];
  pen.strokeStyle = colours.letter;
  for (const [x0, y0, x1, y1] of lines) {
    pen.beginPath();
    pen.moveTo(x + x0 * width, y + y0 * height);
    pen.lineTo(x + x1 * width, y + y1 * height);
    pen.stroke();
  }
}

function drawChosen(at, pen, colours, row, first, cell, end) {
  pen.fillStyle = colours.chosen;
  for (const shard of at.chosen.shards) {
    if (shard >= first && shard < end) pen.fillRect((shard - first) * cell, row * ROW + ROW - 3, Math.max(1.5, cell), 3);
  }
}

function drawCursor(at, pen, colours) {
  if (!at.cursor || !at.stages[at.cursor.row]) return;
  const { first, cell } = layout(at, at.cursor.row);
  const x = (at.cursor.shard - first) * cell;
  if (x < 0 || x > at.canvas.clientWidth) return;
  pen.strokeStyle = colours.cursor;
  pen.lineWidth = 2;
  pen.strokeRect(x - 1, at.cursor.row * ROW, Math.max(5, cell) + 2, ROW - 1);
}

// -- moving ---------------------------------------------------------------------------------------

function zoom(at, factor) {
  const most = widest(at);
  const middle = at.cursor ? at.cursor.shard : at.from + at.span / 2;
  const least = Math.min(most, Math.floor(at.canvas.clientWidth / WIDEST));
  at.span = Math.round(Math.max(least, Math.min(most, factor === Infinity ? most : at.span * factor)));
  scroll(at, Math.round(middle - at.span / 2));
}

function scroll(at, from) {
  at.from = Math.max(0, Math.min(widest(at) - at.span, from));
  draw(at);
}

function moveTo(at, row, shard, { extend = false } = {}) {
  if (!at.stages[row]) return;
  const before = at.cursor;
  const last = at.stages[row].states.length - 1;
  at.cursor = { row, shard: Math.max(0, Math.min(last, shard)) };
  if (extend && before) extendTo(at, before);
  const { first, cell } = layout(at, row);
  const sight = Math.floor(at.canvas.clientWidth / cell);
  if (at.cursor.shard < first) scroll(at, at.cursor.shard);
  else if (at.cursor.shard >= first + sight) scroll(at, at.cursor.shard - sight + 1);
  else compose(at);
  say(wordsOf(at, at.cursor));
}

function extendTo(at, before) {
  const stage = at.stages[at.cursor.row];
  if (at.cursor.row !== before.row) return;
  at.anchor ??= before.shard;
  choose(at, stage.name, between(at.anchor, at.cursor.shard), { quiet: true });
}

function between(one, other) {
  const [low, high] = [Math.min(one, other), Math.max(one, other)];
  return new Set(Array.from({ length: high - low + 1 }, (_, step) => low + step));
}

function choose(at, stage, shards, { lead = false } = {}) {
  at.chosen = shards.size ? { stage, shards } : null;
  if (lead && shards.size) moveTo(at, at.stages.findIndex((each) => each.name === stage), Math.min(...shards));
  else draw(at);
  at.told.selected(stage, shards);
}

function nextBad(at, step) {
  const start = at.cursor ?? { row: 0, shard: -1 };
  for (let turn = 0; turn <= at.stages.length; turn += 1) {
    const row = (start.row + step * turn + at.stages.length * 2) % at.stages.length;
    const states = at.stages[row].states;
    let shard = turn === 0 ? start.shard + step : step > 0 ? 0 : states.length - 1;
    for (; shard >= 0 && shard < states.length; shard += step) {
      if (BAD.has(states[shard])) return moveTo(at, row, shard);
    }
  }
  return say("Every shard is well.");
}

function wordsOf(at, { row, shard }) {
  const stage = at.stages[row];
  const error = stage.errorOf(shard);
  return `${stage.name}, shard ${shard}: ${stage.states[shard]}${error ? `, ${[error.failure_class, error.error].filter(Boolean).join(": ")}` : ""}`;
}

// -- hands ----------------------------------------------------------------------------------------

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], PageUp: [0, -100], PageDown: [0, 100] };

function listen(at) {
  at.field.addEventListener("keydown", (event) => key(at, event));
  at.field.addEventListener("focus", () => { if (!at.cursor && at.stages.length) moveTo(at, 0, 0); });
  at.canvas.addEventListener("pointerdown", (event) => press(at, event));
  at.canvas.addEventListener("pointermove", (event) => pass(at, event));
  at.canvas.addEventListener("pointerup", (event) => release(at, event));
  at.canvas.addEventListener("pointerleave", () => { at.tip.hidden = true; });
  at.canvas.addEventListener("wheel", (event) => wheel(at, event), { passive: false });
}

function key(at, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const step = STEPS[event.key];
  const cursor = at.cursor ?? { row: 0, shard: 0 };
  const does = {
    Home: () => moveTo(at, cursor.row, 0, { extend: event.shiftKey }),
    End: () => moveTo(at, cursor.row, Infinity, { extend: event.shiftKey }),
    Enter: () => at.told.opened(at.stages[cursor.row].name, cursor.shard),
    Escape: () => choose(at, "", new Set()),
    n: () => nextBad(at, 1),
    p: () => nextBad(at, -1),
    "+": () => zoom(at, 0.5),
    "=": () => zoom(at, 0.5),
    "-": () => zoom(at, 2),
    0: () => zoom(at, Infinity),
  }[event.key] ?? (step && (() => moveTo(at, cursor.row + step[0], cursor.shard + step[1], { extend: event.shiftKey })));
  if (!does || !at.stages.length) return;
  event.preventDefault();
  if (!event.shiftKey) at.anchor = null;
  does();
}

function press(at, event) {
  const place = placeOf(at, event);
  if (!place?.inside || event.button !== 0) return;
  at.canvas.setPointerCapture(event.pointerId);
  const stage = at.stages[place.row].name;
  const kept = event.ctrlKey && at.chosen?.stage === stage ? at.chosen.shards : new Set();
  at.drag = { ...place, kept, moved: false };
}

function pass(at, event) {
  const place = placeOf(at, event);
  if (at.drag && place) {
    at.drag.moved ||= place.shard !== at.drag.shard;
    if (at.drag.moved) {
      at.cursor = { row: at.drag.row, shard: Math.min(place.shard, at.stages[at.drag.row].states.length - 1) };
      choose(at, at.stages[at.drag.row].name, new Set([...at.drag.kept, ...between(at.drag.shard, at.cursor.shard)]));
    }
  }
  hint(at, event, place);
}

function hint(at, event, place) {
  at.tip.hidden = !place?.inside;
  if (at.tip.hidden) return;
  fill(at.tip, wordsOf(at, place));
  const box = at.field.getBoundingClientRect();
  at.tip.style.setProperty("left", `${Math.min(event.clientX - box.left + 12, Math.max(0, box.width - 260))}px`);
  at.tip.style.setProperty("top", `${(place.row + 1) * ROW + 4}px`);
}

function release(at, event) {
  const drag = at.drag;
  at.drag = null;
  if (!drag || drag.moved) return;
  const stage = at.stages[drag.row].name;
  if (event.ctrlKey) choose(at, stage, new Set([...drag.kept, drag.shard]));
  moveTo(at, drag.row, drag.shard);
  if (!event.ctrlKey) at.told.opened(stage, drag.shard);
}

function wheel(at, event) {
  if (!event.ctrlKey) return;
  event.preventDefault();
  const place = placeOf(at, event);
  if (place) at.cursor = { row: place.row, shard: place.shard };
  zoom(at, event.deltaY > 0 ? 1.5 : 0.67);
}
