// The points of a map as arrays, found by place: what is near, what lies in a polygon.

const CELLS = 256; // each way of the grid that points are found by

/** Take the arrays out of an answer: x and y from 0 to 1 (y upwards), rows of the version. */
export function points(answer) {
  const x = scaled(answer.x);
  const y = scaled(answer.y);
  const columns = answer.columns.map((column) => ({ ...column, codes: bytes(column.codes) }));
  const rows = new Uint32Array(bytes(answer.rows).buffer);
  const shown = new Uint32Array(bytes(answer.shown).buffer);
  return { count: answer.points, x, y, rows, shown, columns, low: answer.low, scale: answer.scale, grid: grid(x, y) };
}

function bytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

function scaled(text) {
  return Float32Array.from(new Uint16Array(bytes(text).buffer), (step) => step / 65535);
}

/** Points by cell, as one list with the start of each cell. */
function grid(x, y) {
  const cells = Uint16Array.from(x, (_, point) => cellOf(x[point], y[point]));
  const starts = new Uint32Array(CELLS * CELLS + 1);
  for (const cell of cells) starts[cell + 1] += 1;
  for (let cell = 0; cell < CELLS * CELLS; cell += 1) starts[cell + 1] += starts[cell];
  const next = starts.slice();
  const list = new Uint32Array(x.length);
  cells.forEach((cell, point) => {
    list[next[cell]] = point;
    next[cell] += 1;
  });
  return { starts, list };
}

const step = (share) => Math.min(CELLS - 1, Math.max(0, Math.floor(share * CELLS)));
const cellOf = (x, y) => step(y) * CELLS + step(x);

/** Call `each` with the points of the cells that a rectangle touches. */
export function within({ grid: { starts, list } }, [x0, y0, x1, y1], each) {
  for (let row = step(y0); row <= step(y1); row += 1) {
    for (let place = starts[row * CELLS + step(x0)]; place < starts[row * CELLS + step(x1) + 1]; place += 1) each(list[place]);
  }
}

/** The point nearest to a place, no further away than `most`, of those that `seen` lets through; -1 for none. */
export function nearest(known, x, y, most, seen) {
  let best = -1;
  let least = most * most;
  within(known, [x - most, y - most, x + most, y + most], (point) => {
    const gap = (known.x[point] - x) ** 2 + (known.y[point] - y) ** 2;
    if (gap <= least && seen(point)) [best, least] = [point, gap];
  });
  return best;
}

/** The points within a polygon [[x, y], …], of those that `seen` lets through. */
export function enclosed(known, corners, seen) {
  const xs = corners.map(([x]) => x);
  const ys = corners.map(([, y]) => y);
  const list = [];
  within(known, [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)], (point) => {
    if (seen(point) && inside(corners, known.x[point], known.y[point])) list.push(point);
  });
  return list;
}

function inside(corners, x, y) {
  let odd = false;
  for (let here = 0, before = corners.length - 1; here < corners.length; before = here, here += 1) {
    const [x1, y1] = corners[before];
    const [x2, y2] = corners[here];
    if ((y1 > y) !== (y2 > y) && x < x1 + ((y - y1) * (x2 - x1)) / (y2 - y1)) odd = !odd;
  }
  return odd;
}

/** Leave out corners until so many are left. */
export function fewer(corners, most) {
  const every = Math.ceil(corners.length / most);
  return corners.filter((_, place) => place % every === 0);
}

/** A polygon in the map's own coordinates, as the page of pairs takes it. */
export function lasso({ low, scale }, corners) {
  return fewer(corners, 120).map(([x, y]) => `${(low[0] + x * scale).toFixed(4)},${(low[1] + y * scale).toFixed(4)}`).join(",");
}

/** Rows of the version as the page of pairs takes them: base64url of ascending 32-bit numbers. */
export function selection({ rows }, list) {
  const chosen = Uint32Array.from(list, (point) => rows[point]).sort();
  const letters = Array.from(new Uint8Array(chosen.buffer), (code) => String.fromCharCode(code)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
