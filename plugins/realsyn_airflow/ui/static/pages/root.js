// The page of a root: what has arrived, what came of it, and where to start something new.

import {
  airflowLink, ask, button, bytes, card, count, date, empty, facts, fill, h, link, long, name, number, show, shown,
  startRun, state, table, toast,
} from "../kit.js";
import { lineage } from "./lineage.js";

export const page = {
  path: "root",
  title: "Crawls and datasets",
  style: true,
  async open(view) {
    const places = { start: h("div", { class: "row start" }), graph: h("div"), crawls: h("div"), generations: h("div"), builds: h("div"), versions: h("div"), takedowns: h("div") };
    view.root.append(
      places.start,
      card("What was made from what", {}, places.graph),
      card("Crawls", { id: "crawls" }, places.crawls),
      card("Generations of the corpus", { id: "generations" }, places.generations),
      card("Builds", { id: "builds" }, places.builds),
      card("Dataset versions", { id: "versions" }, places.versions),
      card("Takedowns in force", { id: "takedowns" }, places.takedowns),
    );
    fill(places.start, starters(view));
    const crawls = view.api("crawls", view.session.ingest ?? {});
    await Promise.all([
      shown(places.crawls, () => crawls, (answer) => crawlTable(view, answer.crawls)),
      overview(view, places, crawls),
    ]);
  },
};

async function overview(view, places, crawls) {
  const asked = view.api("overview");
  await Promise.all([
    shown(places.graph, async () => [await asked, await crawls.catch(() => ({ crawls: [] }))], ([known, arrived]) => lineage(view, known, arrived.crawls)),
    shown(places.generations, () => asked, (known) => generationTable(known.generations)),
    shown(places.builds, () => asked, (known) => buildTable(view, known)),
    shown(places.versions, () => asked, (known) => versionTable(view, known.versions)),
    shown(places.takedowns, () => asked, (known) => takedownTable(known.takedowns)),
  ]);
}

// --- starting ---------------------------------------------------------------------------------

function starters(view) {
  const start = (dag, text, act, kind) => {
    const may = view.may(dag);
    return button(text, act, { kind, disabled: !may, title: may ? null : `Your Airflow user may not trigger ${dag}` });
  };
  return [
    start("realsyn_build", "New build", () => newBuild(view), "primary"),
    start("realsyn_ingest", "Ingest now", () => ingest(view), ""),
  ];
}

async function newBuild(view) {
  const form = await formOf(view, "realsyn_build");
  const scales = form.scale?.examples ?? [];
  const run = await ask({
    title: "New build",
    text: "Makes image–text pairs of the corpus. A build of the same name goes on where it was.",
    submit: "Start",
    fields: [
      { name: "scale", label: "Scale", value: form.scale?.value ?? "", list: scales, required: true, hint: `A named scale or a number of pairs; several with commas${scales.length ? `: ${scales.join(", ")}` : ""}` },
      { name: "name", label: "Name", hint: "Small letters, digits, - and _; empty: the scale's", pattern: "[a-z0-9][a-z0-9._\\-]*" },
      { name: "crawl", label: "Crawl", hint: "URI of a crawl's folder to add to the corpus first; empty: build on what is there" },
      { name: "generations", label: "Generations", hint: "1-3,7; empty: all there are now. That of the crawl is added; none: it alone" },
      { name: "allow_smaller", label: "Smaller dataset", type: "checkbox", hint: "Publish what there is where that is less than the scale; name and card say so" },
      ...(form.preset?.options ? [{ name: "preset", label: "Preset", options: form.preset.options, value: form.preset.value }] : []),
    ],
    act: (values) => startRun("realsyn_build", { root: view.root_uri, ...filled(values) }),
  });
  if (run) started("realsyn_build", run);
}

/** The fields of a DAG's form as Airflow has them: defaults, examples, choices. */
async function formOf(view, dag) {
  if (!view.session.airflow) return {};
  try {
    const details = await view.airflow("GET", `/api/v2/dags/${dag}/details`);
    const params = Object.entries(details.params ?? {});
    return Object.fromEntries(params.map(([key, param]) => [key, { value: param.value, examples: param.schema?.examples, options: param.schema?.enum }]));
  } catch {
    return {};
  }
}

function filled(values) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== "" && value !== null));
}

async function ingest(view) {
  const run = await ask({
    title: "Ingest now",
    text: "Every crawl that is ready is extracted into the corpus, one after another.",
    submit: "Start",
    act: () => startRun("realsyn_ingest", { root: view.root_uri }),
  });
  if (run) started("realsyn_ingest", run);
}

function started(dag, run) {
  const path = `/dags/${dag}/runs/${encodeURIComponent(run.dag_run_id)}`;
  toast(h("span", {}, `Started ${dag}. `, airflowLink(path, "To its run")));
}

async function release(view, crawl) {
  const done = await ask({
    title: `Release ${crawl.name}?`,
    text: `It was ${crawl.state === "known" ? "found to bring nothing new" : "set aside"}: ${crawl.why} The next ingest tries it again, with the same end if nothing has changed.`,
    submit: "Release",
    act: () => view.act("release", { crawl: crawl.name }),
  });
  if (!done) return;
  toast(`${crawl.name} is released: the next ingest tries it again.`);
  view.reload();
}

// --- tables -----------------------------------------------------------------------------------

function crawlTable(view, crawls) {
  return table([
    { key: "name", title: "Crawl", render: (row) => h("span", { title: row.crawl }, name(row.crawl)) },
    { key: "state", title: "State", render: (row) => state(row.state, row.state === "known" ? "nothing new" : row.state) },
    { key: "why", title: "Why", wide: true },
    { key: "extract", title: "Extract", render: (row) => row.extract && link(view.href("shards", { build: `extracts/${row.extract}` }), row.extract) },
    { key: "gate", title: "Gate", sort: false, render: (row) => row.extract && row.state === "quarantined" && link(view.href("gate", { build: `extracts/${row.extract}`, group: "extract" }), "See why") },
    { key: "act", title: h("span", { class: "hidden" }, "Actions"), sort: false, render: (row) => releaseButton(view, row) },
  ], crawls, {
    caption: "Crawls by state",
    sort: ["name", "up"],
    none: empty("No crawl has arrived.", "Put a folder into crawls/ below the root, and _SUCCESS into it last; or name any folder when you start a build."),
  });
}

function releaseButton(view, row) {
  if (row.state !== "quarantined" && row.state !== "known") return null;
  const may = view.can.release;
  return button("Release", () => release(view, row), { kind: "small", disabled: !may, "aria-label": `Release ${row.name}`, title: may ? null : "It takes the right to trigger realsyn_ingest" });
}

function generationTable(generations) {
  return table([
    { key: "generation", title: "No.", number: true },
    { key: "crawl", title: "Crawl", render: (row) => row.why ? h("span", {}, state("damaged"), " ", row.why) : h("span", { title: row.crawl_uri }, row.crawl) },
    { key: "images", title: "Images", number: true },
    { key: "sentences", title: "Sentences", number: true },
    { key: "shards", title: "Shards", number: true },
    { key: "when", title: "Promoted", render: (row) => date(row.when) },
    { key: "extract", title: "Extract" },
  ], generations, {
    caption: "Generations of the corpus",
    sort: ["generation", "down"],
    key: (row) => row.generation,
    none: empty("The corpus is empty.", "Its first generation comes of the first crawl that is extracted and passes its gate."),
  });
}

function buildTable(view, known) {
  return table([
    { key: "name", title: "Build", render: (row) => link(view.href("build", { build: row.build, version: null }), row.name) },
    { key: "state", title: "State", render: (row) => h("span", { title: row.why }, state(row.state, stateWords(row, known.groups))) },
    { key: "scale", title: "Scale" },
    { key: "target", title: "Pairs wanted", number: true },
    { key: "generations", title: "Of generations", value: (row) => row.generations?.length, render: (row) => ranges(row.generations ?? []) },
    { key: "takedown", title: "Takedowns", number: true, hint: "The last takedown that it knows of" },
    { key: "version", title: "Version", render: (row) => row.version && link(`#${anchor(row.version)}`, name(row.version), { onclick: (event) => jump(event, row.version) }) },
    { key: "opened", title: "Opened", render: (row) => date(row.opened) },
  ], known.builds, {
    caption: "Builds",
    sort: ["opened", "down"],
    key: (row) => row.name,
    open: (row) => view.go("build", { build: row.build, version: null }),
    none: empty("There is no build yet.", "“New build” above starts the first."),
  });
}

function stateWords(row, groups) {
  if (row.state === "begun") return `${row.promoted.length} of ${groups.length} groups`;
  if (row.state === "failed") return `gate of ${row.gate.group} failed`;
  return row.state;
}

/** [1, 2, 3, 7] → "1–3, 7". */
function ranges(numbers) {
  const parts = [];
  for (const each of [...numbers].sort((a, b) => a - b)) {
    const last = parts.at(-1);
    if (last && last[1] === each - 1) last[1] = each;
    else parts.push([each, each]);
  }
  return parts.map(([from, to]) => (from === to ? from : `${from}–${to}`)).join(", ");
}

function versionTable(view, versions) {
  return table([
    { key: "dataset", title: "Dataset" },
    { key: "version", title: "Version", render: (row) => h("span", { id: anchor(row.path) }, link(view.href("pairs", { version: row.path, build: null }), row.version), row.latest && [" ", state("published", "latest")], row.why && [" ", state("damaged"), " ", row.why]) },
    { key: "pairs", title: "Pairs", number: true },
    { key: "bytes", title: "Size", number: true, render: (row) => bytes(row.bytes) },
    { key: "builds", title: "Of build", render: (row) => row.builds.join(", ") },
    { key: "generations", title: "Of generations", value: (row) => row.generations?.length, render: (row) => ranges(row.generations ?? []) },
    { key: "when", title: "Published", render: (row) => date(row.when) },
    { key: "compare", title: h("span", { class: "hidden" }, "Compare"), sort: false, render: (row) => link(view.href("versions", { version: row.path, build: null }), "Compare", { "aria-label": `Compare ${row.version}` }) },
  ], versions, {
    caption: "Dataset versions",
    sort: ["when", "down"],
    key: (row) => row.path,
    none: empty("Nothing is published yet.", "A build publishes a version when its last gate has passed."),
  });
}

function anchor(path) {
  return `version-${path.replace(/[^a-z0-9]+/gi, "-")}`;
}

function jump(event, path) {
  event.preventDefault();
  const row = document.getElementById(anchor(path));
  row?.scrollIntoView({ block: "center" });
  row?.querySelector("a")?.focus();
}

function takedownTable(takedowns) {
  return table([
    { key: "number", title: "No.", number: true },
    { key: "kinds", title: "Asked for", sort: false, render: (row) => Object.entries(row.kinds).map(([kind, n]) => count(n, kind)).join(", ") },
    { key: "note", title: "Note", wide: true },
    { key: "request", title: "Request", render: (row) => button(row.request, () => showRequest(row), { kind: "quiet small", class: "mono", "aria-haspopup": "dialog" }) },
  ], takedowns, {
    caption: "Takedowns in force",
    sort: ["number", "down"],
    key: (row) => row.number,
    none: empty("Nothing was taken down.", "A picture's page has the button “Take down”."),
  });
}

function showRequest(row) {
  const more = row.entries - row.first.length;
  show(`Takedown ${row.number}`,
    facts([["Request", row.request], ["Note", row.note]]),
    h("ul", { class: "mono" }, row.first.map((entry) => h("li", {}, long(entry)))),
    more > 0 && h("p", { class: "note" }, `and ${number(more)} more`));
}
