// Tables: a head that stays, columns that sort, rows that open, all by keyboard.

import { fill, h } from "./dom.js";
import { number } from "./format.js";
import { empty } from "./widgets.js";

/** Make a table.
 *
 *  columns   [{ key, title, number: true, sort: false, render(row), value(row), hint, wide: true }]
 *            `render` gives a node or a text, `value` what is sorted by; both default to row[key].
 *  options   caption (read to screen readers), open(row) for a click or Enter on a row,
 *            key(row), sort: ["key", "up" | "down"], none: what an empty table says,
 *            label(row): what an opened row is called, select(rows) for boxes before the rows.
 *
 *  The element has update(rows) and, with `select`, chosen().
 */
export function table(columns, rows, options = {}) {
  const at = { columns, rows, options, sort: options.sort ?? null, chosen: new Set() };
  const body = h("tbody");
  const head = h("tr");
  const made = h("div", { class: "table", role: "group", tabindex: "0", "aria-label": options.caption ?? "Table" },
    h("table", {}, options.caption && h("caption", { class: "hidden" }, options.caption), h("thead", {}, head), body));
  at.sorter = () => head.querySelector("[aria-sort] button");
  at.draw = () => {
    fill(head, options.select && boxOfAll(at), columns.map((column) => headCell(at, column)));
    fill(body, sorted(at).map((row) => bodyRow(at, row)));
    made.classList.toggle("empty-table", !at.rows.length);
    if (!at.rows.length) fill(body, h("tr", {}, h("td", { colspan: columns.length + 1 }, nothing(options))));
  };
  made.update = (next) => {
    at.rows = next;
    at.draw();
  };
  made.chosen = () => at.rows.filter((row) => at.chosen.has(keyOf(at, row)));
  at.draw();
  return made;
}

function nothing({ none = "Nothing here yet." }) {
  return none instanceof Node ? none : empty(none);
}

function keyOf({ options, rows }, row) {
  return options.key ? options.key(row) : rows.indexOf(row);
}

function headCell(at, column) {
  const [key, way] = at.sort ?? [];
  const mine = key === column.key;
  const order = mine ? (way === "down" ? "descending" : "ascending") : null;
  const attrs = { scope: "col", class: column.number ? "num" : "", "aria-sort": order, title: column.hint };
  if (column.sort === false) return h("th", attrs, column.title);
  const turn = () => {
    at.sort = [column.key, next(mine, way, column)];
    at.draw();
    at.sorter()?.focus();
  };
  const mark = h("span", { class: "mark", "aria-hidden": "true" }, mine ? (way === "down" ? "▼" : "▲") : "");
  return h("th", attrs, h("button", { type: "button", class: "sorter", onclick: turn }, column.title, mark));
}

function next(mine, way, column) {
  if (mine) return way === "down" ? "up" : "down";
  return column.number ? "down" : "up";
}

function value(column, row) {
  return column.value ? column.value(row) : row[column.key];
}

function sorted({ columns, rows, sort }) {
  const column = sort && columns.find((each) => each.key === sort[0]);
  if (!column) return rows;
  const sign = sort[1] === "down" ? -1 : 1;
  return [...rows].sort((a, b) => sign * compared(value(column, a), value(column, b)));
}

const words = new Intl.Collator("en", { numeric: true });

function compared(a, b) {
  const none = (each) => each === null || each === undefined;
  if (none(a) || none(b)) return Number(none(a)) - Number(none(b));
  return typeof a === "number" && typeof b === "number" ? a - b : words.compare(String(a), String(b));
}

function bodyRow(at, row) {
  const { columns, options } = at;
  const open = options.open && ((event) => {
    if (event.target.closest("a, button, input, select, summary")) return;
    if (event.type === "click" || event.key === "Enter") options.open(row);
  });
  const attrs = open ? { class: "opens", tabindex: "0", onclick: open, onkeydown: open } : {};
  return h("tr", attrs, options.select && boxOf(at, row), columns.map((column) => cell(column, row)));
}

function cell(column, row) {
  const plain = value(column, row);
  const shown = column.render ? column.render(row) : column.number ? number(plain) : plain;
  return h("td", { class: [column.number && "num", column.wide && "wide"].filter(Boolean).join(" ") || null }, shown);
}

function boxOf(at, row) {
  const key = keyOf(at, row);
  const change = (event) => {
    if (event.target.checked) at.chosen.add(key);
    else at.chosen.delete(key);
    at.options.select(at.rows.filter((each) => at.chosen.has(keyOf(at, each))));
  };
  const label = `Choose ${at.options.label ? at.options.label(row) : key}`;
  return h("td", { class: "box" }, h("input", { type: "checkbox", "aria-label": label, checked: at.chosen.has(key), onchange: change }));
}

function boxOfAll(at) {
  const change = (event) => {
    at.chosen = new Set(event.target.checked ? at.rows.map((row) => keyOf(at, row)) : []);
    at.draw();
    at.options.select(at.rows.filter((each) => at.chosen.has(keyOf(at, each))));
  };
  const all = at.rows.length > 0 && at.chosen.size === at.rows.length;
  return h("th", { class: "box" }, h("input", { type: "checkbox", "aria-label": "Choose all", checked: all, onchange: change }));
}
