// The canvas: draws points and small pictures, and turns pointers, wheel and keys into moves and choices.

import { enclosed, nearest, within } from "./points.js";

const FARTHEST = 0.92; // of zoom: the whole map with a margin
const CLOSEST = 400;
const NEAR = 10; // px within which a point is meant
const STEP = 24; // px of an arrow key
const DOT = 2; // px, at the farthest
const TILE = 44; // px of a small picture on the map
const CLOSE = 60; // so few points in sight have their own pictures

/** Make the plane on a canvas; `hooks`: hover(point, x, y), open(point), chosen(corners, list), moved(), picture(point) → Image | null. */
export class Plane {
  constructor(canvas, known, hooks) {
    Object.assign(this, { canvas, known, hooks });
    this.context = canvas.getContext("2d");
    this.visible = () => true;
    this.home();
    this.mode = "move";
    this.cursor = null;
    this.corners = [];
    this.pointers = new Map();
    this.pictures = true;
    this.listen();
    new ResizeObserver(() => this.resize()).observe(canvas.parentElement);
  }

  home() {
    Object.assign(this, { zoom: FARTHEST, middle: [0.5, 0.5] });
  }

  // -- places -----------------------------------------------------------------------------------

  get side() {
    return Math.min(this.width, this.height) * this.zoom;
  }

  toScreen(x, y) {
    return [this.width / 2 + (x - this.middle[0]) * this.side, this.height / 2 - (y - this.middle[1]) * this.side];
  }

  toPlane(left, top) {
    return [this.middle[0] + (left - this.width / 2) / this.side, this.middle[1] - (top - this.height / 2) / this.side];
  }

  sight() {
    const [x0, y1] = this.toPlane(0, 0);
    const [x1, y0] = this.toPlane(this.width, this.height);
    return [x0, y0, x1, y1];
  }

  at(left, top, near = NEAR) {
    const [x, y] = this.toPlane(left, top);
    return nearest(this.known, x, y, near / this.side, this.visible);
  }

  resize() {
    const box = this.canvas.parentElement.getBoundingClientRect();
    const ratio = window.devicePixelRatio || 1;
    Object.assign(this, { width: box.width, height: box.height, ratio });
    Object.assign(this.canvas, { width: Math.round(box.width * ratio), height: Math.round(box.height * ratio) });
    this.draw();
  }

  // -- drawing ----------------------------------------------------------------------------------

  /** Draw with the next frame, once. */
  draw() {
    if (this.waiting || !this.width) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      this.paint();
    });
  }

  paint() {
    const { context, ratio } = this;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    const seen = this.inSight();
    this.dots(seen);
    if (this.pictures) this.tiles(seen);
    this.outline();
    this.cross();
  }

  inSight() {
    const list = [];
    within(this.known, this.sight(), (point) => {
      if (this.visible(point)) list.push(point);
    });
    return list;
  }

  dots(seen) {
    const { context, known } = this;
    const { codes } = this.column;
    const size = Math.min(9, DOT + Math.sqrt(this.zoom) * (known.count > 5000 ? 0.5 : 1.5));
    const byColour = this.colours.map(() => []);
    for (const point of seen) byColour[codes[point]].push(point);
    // The rest of a legend comes first, so that what has a name lies above it.
    for (let code = byColour.length - 1; code >= 0; code -= 1) {
      context.fillStyle = this.colours[code];
      for (const point of byColour[code]) {
        const [left, top] = this.toScreen(known.x[point], known.y[point]);
        context.fillRect(left - size / 2, top - size / 2, size, size);
      }
    }
  }

  /** Pictures of regions, as many as have room; of single points once few are in sight. */
  tiles(seen) {
    const close = seen.length <= CLOSE;
    const list = close ? seen : this.known.shown.filter(this.visible);
    const taken = new Set();
    for (const point of list) {
      const [left, top] = this.toScreen(this.known.x[point], this.known.y[point]);
      if (left < 0 || top < 0 || left > this.width || top > this.height || !this.room(taken, left, top)) continue;
      this.hooks.picture(point, close, (...source) => this.tile(point, left, top, source));
    }
  }

  room(taken, left, top) {
    const [column, row] = [Math.floor(left / (TILE + 6)), Math.floor(top / (TILE + 6))];
    for (let x = column - 1; x <= column + 1; x += 1) {
      for (let y = row - 1; y <= row + 1; y += 1) {
        const other = [...taken].find(([a, b]) => a === x && b === y);
        if (other && Math.abs(other[2] - left) < TILE + 4 && Math.abs(other[3] - top) < TILE + 4) return false;
      }
    }
    taken.add([column, row, left, top]);
    return true;
  }

  tile(point, left, top, source) {
    const { context } = this;
    context.drawImage(...source, left - TILE / 2, top - TILE / 2, TILE, TILE);
    context.strokeStyle = this.colours[this.column.codes[point]];
    context.lineWidth = 2;
    context.strokeRect(left - TILE / 2, top - TILE / 2, TILE, TILE);
  }

  outline() {
    if (this.corners.length < 2) return;
    const { context } = this;
    context.beginPath();
    this.corners.forEach(([x, y], place) => context[place ? "lineTo" : "moveTo"](...this.toScreen(x, y)));
    context.closePath();
    context.globalAlpha = 0.12;
    context.fillStyle = this.ink;
    context.fill();
    context.globalAlpha = 1;
    context.strokeStyle = this.ink;
    context.lineWidth = 1.5;
    context.stroke();
  }

  cross() {
    if (!this.cursor || document.activeElement !== this.canvas) return;
    const { context } = this;
    const [left, top] = this.cursor;
    context.strokeStyle = this.ink;
    context.lineWidth = 2;
    context.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      context.moveTo(left + 4 * dx, top + 4 * dy);
      context.lineTo(left + 14 * dx, top + 14 * dy);
    }
    context.stroke();
  }

  // -- moving -----------------------------------------------------------------------------------

  zoomBy(factor, left = this.width / 2, top = this.height / 2) {
    const [x, y] = this.toPlane(left, top);
    this.zoom = Math.min(CLOSEST, Math.max(FARTHEST / 2, this.zoom * factor));
    const [after, above] = this.toPlane(left, top);
    this.middle = [this.middle[0] + x - after, this.middle[1] + y - above];
    this.moved();
  }

  panBy(dx, dy) {
    this.middle = [clamp(this.middle[0] - dx / this.side), clamp(this.middle[1] + dy / this.side)];
    this.moved();
  }

  moved() {
    this.draw();
    this.hooks.moved();
  }

  choose(corners) {
    this.corners = corners;
    this.draw();
    this.hooks.chosen(corners, corners.length > 2 ? enclosed(this.known, corners, this.visible) : []);
  }

  // -- pointers ---------------------------------------------------------------------------------

  listen() {
    const { canvas } = this;
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoomBy(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), ...offset(event));
    }, { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, (event) => this.up(event));
    canvas.addEventListener("pointerleave", () => this.hooks.hover(-1));
    canvas.addEventListener("keydown", (event) => this.key(event));
    for (const name of ["focus", "blur"]) canvas.addEventListener(name, () => this.draw());
  }

  down(event) {
    this.canvas.setPointerCapture(event.pointerId);
    const here = offset(event);
    this.pointers.set(event.pointerId, here);
    if (this.pointers.size > 1) this.drag = null;
    else this.drag = { from: here, last: here, far: false, mode: event.shiftKey ? "box" : this.mode };
  }

  move(event) {
    const here = offset(event);
    if (!this.pointers.has(event.pointerId)) return this.hooks.hover(this.at(...here), ...here);
    if (this.pointers.size === 2) return this.pinch(event.pointerId, here);
    this.pointers.set(event.pointerId, here);
    return this.drag && this.dragTo(here);
  }

  dragTo(here) {
    const { from, last, mode } = this.drag;
    this.drag.far ||= Math.hypot(here[0] - from[0], here[1] - from[1]) > 4;
    if (!this.drag.far) return;
    this.drag.last = here;
    if (mode === "move") this.panBy(here[0] - last[0], here[1] - last[1]);
    else {
      const corner = (point) => this.toPlane(...point);
      this.corners = mode === "box" ? box(from, here).map(corner) : [...(this.drag.begun ? this.corners : [corner(from)]), corner(here)];
      this.drag.begun = true;
      this.draw();
    }
  }

  pinch(id, here) {
    const [before, other] = [this.pointers.get(id), [...this.pointers].find(([key]) => key !== id)[1]];
    const gap = ([x, y]) => Math.max(1, Math.hypot(x - other[0], y - other[1]));
    this.pointers.set(id, here);
    this.panBy((here[0] - before[0]) / 2, (here[1] - before[1]) / 2);
    this.zoomBy(gap(here) / gap(before), (here[0] + other[0]) / 2, (here[1] + other[1]) / 2);
  }

  up(event) {
    this.pointers.delete(event.pointerId);
    const drag = this.drag;
    this.drag = null;
    if (!drag) return;
    if (drag.begun) this.choose(this.corners);
    else if (!drag.far) {
      const point = this.at(...offset(event));
      if (point >= 0) this.hooks.open(point);
      else if (this.corners.length) this.choose([]);
    }
  }

  // -- keys: arrows move a cursor, with shift they draw a box -----------------------------------

  key(event) {
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const acts = {
      "+": () => this.zoomBy(1.4, ...this.place()), "=": () => this.zoomBy(1.4, ...this.place()),
      "-": () => this.zoomBy(1 / 1.4, ...this.place()), 0: () => { this.home(); this.moved(); },
      Enter: () => this.enter(), Escape: () => { this.anchor = null; this.choose([]); },
    };
    const act = arrows[event.key] ? () => this.arrow(arrows[event.key], event) : acts[event.key];
    if (!act || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    act();
  }

  place() {
    return this.cursor ?? [this.width / 2, this.height / 2];
  }

  arrow([dx, dy], event) {
    const here = this.place();
    if (event.shiftKey) this.anchor ??= this.toPlane(...here);
    else this.anchor = null;
    const next = [here[0] + dx * STEP, here[1] + dy * STEP];
    const inside = [Math.min(this.width - STEP, Math.max(STEP, next[0])), Math.min(this.height - STEP, Math.max(STEP, next[1]))];
    this.cursor = inside;
    this.panBy(inside[0] - next[0], inside[1] - next[1]);
    if (this.anchor) this.choose(box(this.toScreen(...this.anchor), inside).map((point) => this.toPlane(...point)));
    else this.hooks.hover(this.at(...inside, STEP), ...inside);
  }

  enter() {
    const point = this.at(...this.place(), 4 * STEP);
    if (point >= 0) this.hooks.open(point);
  }
}

function offset(event) {
  const box = event.currentTarget.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

function box([left, top], [right, bottom]) {
  return [[left, top], [right, top], [right, bottom], [left, bottom]];
}

const clamp = (share) => Math.min(1.2, Math.max(-0.2, share));
