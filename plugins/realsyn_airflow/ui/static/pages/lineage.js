// What was made from what: crawls, generations, builds and versions as boxes in four columns, with
// lines between. A box that is chosen shows all that it came from and all that came of it.

import { button, count, empty, fill, h, link, name, number, svg } from "../kit.js";

const COLUMNS = ["Crawls", "Generations", "Builds", "Versions"];
const ROWS = 7; // of a column; the tables have all
const WIDTH = 190;
const HEIGHT = 40;
const ACROSS = 60;
const DOWN = 8;
const HEAD = 26;

/** Draw the graph. */
export function lineage(view, known, crawls) {
  const nodes = new Map(nodesOf(view, known, crawls).map((node) => [node.id, node]));
  if (!nodes.size) return empty("Nothing here yet.", "Start a build on a crawl, or put a crawl into the root.");
  const edges = edgesOf(known, nodes);
  const columns = COLUMNS.map((_, column) => [...nodes.values()].filter((node) => node.column === column));
  place(columns);
  const at = { nodes, edges, chosen: null, said: h("div", { class: "chosen-box", "aria-live": "polite" }) };
  at.lines = svg("svg", { class: "lines", "aria-hidden": "true", width: wide(), height: tall(columns) }, edges.filter(drawn(nodes)).map((edge) => line(nodes, edge)));
  at.boxes = [...nodes.values()].filter((node) => node.y !== null).map((node) => box(at, node));
  const canvas = h("div", { class: "canvas", style: { width: `${wide()}px`, height: `${tall(columns)}px` } }, at.lines, heads(columns), at.boxes);
  tell(at);
  return h("div", {}, h("div", { class: "graph", tabindex: "0", role: "group", "aria-label": "What was made from what" }, canvas), at.said);
}

function nodesOf(view, known, crawls) {
  const uris = new Set(crawls.map((crawl) => crawl.crawl));
  const elsewhere = known.generations.filter((row) => row.crawl_uri && !uris.has(row.crawl_uri));
  return [
    ...ordered(known, crawls).map((row) => ({ id: `c:${row.crawl}`, column: 0, text: name(row.crawl), note: row.state, title: row.crawl })),
    ...elsewhere.map((row) => ({ id: `c:${row.crawl_uri}`, column: 0, text: row.crawl, note: "elsewhere", title: row.crawl_uri })),
    ...[...known.generations].reverse().map((row) => ({ id: `g:${row.generation}`, column: 1, text: `Generation ${row.generation}`, note: row.images === undefined ? "damaged" : count(row.images, "image") })),
    ...newest(known.builds, "opened").map((row) => ({ id: `b:${row.name}`, column: 2, text: row.name, note: row.state, href: view.href("build", { build: row.build, version: null }) })),
    ...newest(known.versions, "when").map((row) => ({ id: `v:${row.path}`, column: 3, text: row.version, note: row.pairs === undefined ? "damaged" : `${count(row.pairs, "pair")}${row.latest ? ", latest" : ""}`, href: view.href("pairs", { version: row.path, build: null }) })),
  ];
}

/** What waits comes first, then what came into the corpus last. */
function ordered(known, crawls) {
  const generation = new Map(known.generations.map((row) => [row.crawl_uri, row.generation]));
  const rank = (row) => generation.get(row.crawl) ?? Infinity;
  return [...crawls].sort((a, b) => (rank(a) === rank(b) ? 0 : rank(b) - rank(a)));
}

function newest(rows, key) {
  return [...rows].sort((a, b) => (b[key] ?? 0) - (a[key] ?? 0));
}

function edgesOf(known, nodes) {
  const pairs = [
    ...known.generations.map((row) => [`c:${row.crawl_uri}`, `g:${row.generation}`]),
    ...known.builds.flatMap((row) => (row.generations ?? []).map((each) => [`g:${each}`, `b:${row.name}`])),
    ...known.builds.filter((row) => row.version).map((row) => [`b:${row.name}`, `v:${row.version}`]),
  ];
  return pairs.filter(([from, to]) => nodes.has(from) && nodes.has(to));
}

function place(columns) {
  for (const nodes of columns) {
    nodes.forEach((node, row) => {
      node.x = node.column * (WIDTH + ACROSS);
      node.y = row < ROWS ? HEAD + row * (HEIGHT + DOWN) : null;
    });
  }
}

function wide() {
  return COLUMNS.length * WIDTH + (COLUMNS.length - 1) * ACROSS;
}

function tall(columns) {
  const rows = Math.max(1, ...columns.map((nodes) => Math.min(nodes.length, ROWS)));
  return HEAD + rows * (HEIGHT + DOWN);
}

function heads(columns) {
  return COLUMNS.map((title, column) => {
    const more = columns[column].length - ROWS;
    const words = more > 0 ? `${title} (+${number(more)} below)` : title;
    return h("div", { class: "column-head", style: { left: `${column * (WIDTH + ACROSS)}px`, width: `${WIDTH}px` } }, words);
  });
}

function drawn(nodes) {
  return ([from, to]) => nodes.get(from).y !== null && nodes.get(to).y !== null;
}

function line(nodes, [from, to]) {
  const [a, b] = [nodes.get(from), nodes.get(to)];
  const [x1, y1, x2, y2] = [a.x + WIDTH, a.y + HEIGHT / 2, b.x, b.y + HEIGHT / 2];
  const middle = (x1 + x2) / 2;
  return svg("path", { d: `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`, "data-from": from, "data-to": to });
}

function box(at, node) {
  const made = h("button", { type: "button", class: `box kind-${node.column}`, title: node.title, "aria-pressed": "false", style: { left: `${node.x}px`, top: `${node.y}px`, width: `${WIDTH}px`, height: `${HEIGHT}px` }, onclick: () => choose(at, node) },
    h("span", { class: "cut" }, node.text), h("span", { class: "cut note" }, node.note));
  node.box = made;
  return made;
}

function choose(at, node) {
  at.chosen = at.chosen === node ? null : node;
  const kin = at.chosen ? kinOf(at.edges, node.id) : null;
  for (const each of at.nodes.values()) {
    each.box?.setAttribute("aria-pressed", String(each === at.chosen));
    each.box?.classList.toggle("dim", kin !== null && !kin.has(each.id));
    each.box?.classList.toggle("kin", kin !== null && kin.has(each.id));
  }
  for (const path of at.lines.children) {
    path.classList.toggle("kin", kin !== null && kin.has(path.dataset.from) && kin.has(path.dataset.to));
  }
  tell(at, kin);
}

/** All that a box came from, and all that came of it, with itself. */
function kinOf(edges, id) {
  const kin = new Set([id]);
  for (const [near, far] of [[0, 1], [1, 0]]) {
    let wave = [id];
    while (wave.length) {
      wave = edges.filter((edge) => wave.includes(edge[near])).map((edge) => edge[far]).filter((each) => !kin.has(each) || each === id);
      wave = [...new Set(wave)].filter((each) => !kin.has(each));
      wave.forEach((each) => kin.add(each));
    }
  }
  return kin;
}

function tell(at, kin) {
  const node = at.chosen;
  if (!node) {
    fill(at.said, h("span", { class: "note" }, "Choose a box to see all that it came from, and all that came of it."));
    return;
  }
  const others = [...kin].filter((id) => id !== node.id).map((id) => at.nodes.get(id).column);
  const words = ["crawl", "generation", "build", "version"].map((word, column) => [others.filter((each) => each === column).length, word]).filter(([n]) => n).map(([n, word]) => count(n, word));
  fill(at.said, h("strong", {}, node.text), ` hangs together with ${words.join(", ") || "nothing else"}. `,
    node.href && link(node.href, `Open ${node.text}`), " ", button("Clear", () => choose(at, node), { kind: "small quiet" }));
}
