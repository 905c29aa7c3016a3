// A build or an extract: how far it is, what it costs, what came of it, and how to stop it and go on.

import {
  airflowLink, ask, bar, button, bytes, card, count, date, empty, every, facts, figure, fill, h, link, long, name, number,
  percent, say, seconds, shown, startRun, state, svg, table, toast,
} from "../kit.js";

const BUSY = 4; // seconds between looks while something is at work ...
const IDLE = 15; // ... and while nothing is
const MOST_RUNS = 50; // of each DAG, in which those of a build are looked for
const ON = ["running", "queued"];
const MOST_SHARDS = 4; // at work, that are named
const WORTH = { cpu_seconds: 60, gpu_seconds: 60, stored_bytes: 1e8 }; // of which more than planned is marked
const BLANK = ["waiting", "missing"]; // states of which a bar shows nothing
const BROKEN = ["failed", "quarantined", "damaged", "stale"];

export const page = {
  path: "build",
  title: "Build",
  style: true,
  async open(view, params) {
    if (params.build) await one(view, params.build);
    else await all(view);
  },
};

// -- all runs ---------------------------------------------------------------------------------

async function all(view) {
  const box = h("div");
  view.root.append(card("Builds, extracts, analyses, tunings and evaluations", { note: "choose one" }, box));
  await shown(box, () => view.api("build_list"), ({ runs }) => table(
    [
      { key: "name", title: "Name", render: (run) => link(view.href("build", { build: run.uri }), run.name) },
      { key: "kind", title: "Kind" },
      { key: "promoted", title: "Promoted", value: (run) => run.promoted.length, render: (run) => promotedOf(run) },
      { key: "version", title: "Published", render: (run) => (run.version ? link(view.href("versions", { build: run.uri, version: run.version }), name(run.version)) : "–") },
    ],
    runs,
    { caption: "Builds and extracts", sort: ["name", "up"], none: empty("No build yet", "Start one: DAG realsyn_build, by the button Trigger.", airflowLink("/dags/realsyn_build", "Open realsyn_build")) },
  ));
}

function promotedOf(run) {
  const done = run.promoted.length === run.groups.length;
  return state(done ? "promoted" : run.promoted.length ? "ready" : "waiting", `${run.promoted.length} of ${run.groups.length} groups`);
}

// -- one run ----------------------------------------------------------------------------------

async function one(view, build) {
  const at = { view, build, told: "" };
  at.parts = Object.fromEntries(["head", "groups", "stages", "funnel", "errors", "gates", "retrieval"].map((key) => [key, h("div")]));
  const { head, groups, stages, funnel, errors, gates, retrieval } = at.parts;
  const rest = h("div", { hidden: true }, groups,
    card("Failures", { id: "failures", hidden: true }, errors),
    card("Stages", {}, stages),
    h("div", { class: "columns" }, card("Funnel", { note: "items kept so far" }, funnel), card("Gates", {}, gates)),
    card("Relevance and recall", { hidden: true, id: "retrieval" }, retrieval));
  view.root.append(head, rest);
  await shown(head, () => view.api("build", { build }), (answer) => drawn(at, answer));
  if (!at.answer) return;
  rest.hidden = false;
  view.title(at.answer.name);
  later(view, "Cost", "against its plan", costs, at);
  later(view, "Pinned to", "", pinned, at);
  later(view, "Runs in Airflow", "", runs, at);
  await follow(at);
}

/** A card that is filled when the rest is there. */
function later(view, title, note, open, at) {
  const box = h("div");
  view.root.append(card(title, { note }, box));
  open(at, box);
}

async function follow(at) {
  let waited = 0;
  await every(BUSY, at.view.signal, async () => {
    waited += BUSY;
    if (at.answer.state !== "running" && waited < IDLE) return;
    waited = 0;
    try {
      const answer = await at.view.api("build", { build: at.build });
      keepingFocus(() => fill(at.parts.head, drawn(at, answer)));
    } catch (error) {
      if (error.name !== "AbortError") fill(at.said, `cannot be read now: ${error.message}`);
    }
  });
}

/** Draw what has changed; gives the head. */
function drawn(at, answer) {
  const { at: when, ...rest } = answer;
  const told = JSON.stringify(rest);
  const before = at.answer;
  at.answer = answer;
  if (told !== at.told) {
    at.told = told;
    drawGroups(at, answer);
    drawStages(at, answer);
    fill(at.parts.funnel, funnelOf(answer));
    drawErrors(at, answer);
    fill(at.parts.gates, gatesOf(at, answer));
    drawRetrieval(at, answer);
  }
  if (before && before.state !== answer.state) say(`${answer.name}: ${answer.state}`);
  return headOf(at, answer, when);
}

function keepingFocus(draw) {
  const held = document.activeElement;
  const mark = held?.dataset?.keep ?? held?.getAttribute?.("href");
  draw();
  if (mark && !document.contains(held)) {
    const same = [...document.querySelectorAll("[data-keep], a[href]")].find((each) => (each.dataset.keep ?? each.getAttribute("href")) === mark);
    same?.focus({ preventScroll: true });
  }
}

// -- head -------------------------------------------------------------------------------------

function headOf(at, answer, when) {
  const { view } = at;
  at.said = h("p", { class: "muted", "aria-live": "polite" }, headline(answer));
  const links = [
    link(view.href("shards"), "Shards"),
    answer.published && link(view.href("pairs", { version: answer.published.path }), "Pairs"),
    answer.published && link(view.href("versions", { version: answer.published.path }), "Versions"),
    link(view.href("build", { build: "" }), "All builds"),
  ];
  return h("div", { class: "headline" },
    h("div", { class: "row" }, h("strong", {}, answer.name), state(answer.state), h("span", { class: "note" }, answer.kind), buttons(at, answer),
      h("nav", { class: "row", "aria-label": "Of this run" }, links)),
    at.said,
    answer.published && h("p", {}, state("published", `published: ${count(answer.published.pairs, "pair")}`), " ", long(answer.published.uri)),
    h("p", { class: "note" }, `As of ${date(when)}`, answer.objects_looked_at ? "" : "; files are still being looked at"));
}

function rootOf(build) {
  return build.split("/").slice(0, -2).join("/");
}

function headline(answer) {
  const left = answer.stages.filter((stage) => stage.left).length;
  if (!left) return `All ${count(answer.stages.length, "stage")} done.`;
  const work = answer.running ? `${count(answer.running, "batch", "batches")} at work` : "nothing is at work";
  return `${left} of ${count(answer.stages.length, "stage")} left, ${work}. ${etaOf(answer.eta, true)}.`;
}

/** Say how long something takes, or why nobody knows. */
function etaOf(eta, long_ = false) {
  if (!eta) return "";
  if (eta.seconds !== null) return `About ${seconds(eta.seconds)} left${long_ && eta.why ? ` (${eta.why})` : ""}`;
  const least = eta.at_least ? `More than ${seconds(eta.at_least)} left` : "Time not known";
  return long_ ? `${least}: ${eta.why}` : least;
}

function buttons(at, answer) {
  const { view } = at;
  const dag = answer.kind === "extract" ? "realsyn_extract" : "realsyn_build";
  if (!view.may(dag)) return null;
  return h("span", { class: "actions" },
    answer.resume && button("Stop", () => stop(at), { kind: "danger", dataset: { keep: "stop" }, title: "Fail the runs of Airflow that work on it; what is committed stays" }),
    answer.resume && button("Resume", () => resume(at), { kind: "primary", dataset: { keep: "resume" }, title: "Do what is left; what is committed stays" }));
}

// -- groups and stages ------------------------------------------------------------------------

function drawGroups(at, answer) {
  const cards = answer.groups.map((group) => groupCard(at, group));
  if (answer.kind === "build") cards.unshift(corpusCard(answer));
  fill(at.parts.groups, h("div", { class: "groups" }, cards));
}

function corpusCard(answer) {
  return card("extract", {},
    h("div", { class: "row" }, state("promoted", "in the corpus")),
    bar([{ state: "done", value: 1 }], { label: "extract: done" }),
    h("div", { class: "note" }, Object.entries(answer.corpus).map(([kind, rows]) => `${number(rows)} ${kind}`).join(", ")));
}

function groupCard(at, group) {
  const words = `${group.group}: ${percent(group.share, 0)}, ${group.stages_done} of ${group.stages} stages`;
  return card(group.group, { title: group.about },
    h("div", { class: "row" }, state(group.state), group.running ? h("span", { class: "note" }, `${number(group.running)} at work`) : null),
    h("div", { class: "progress" }, bar([{ state: group.running ? "running" : "done", value: group.share }], { total: 1, label: words }), h("span", { class: "num" }, percent(group.share, 0))),
    h("div", { class: "note" }, `${group.stages_done} of ${count(group.stages, "stage")}, ${number(Math.round(group.cpu_seconds))} CPU-s`),
    h("div", {}, group.stages_done === group.stages ? gateWords(at, group) : etaOf(group.eta)));
}

function gateWords(at, group) {
  const { gate } = group;
  if (gate.state === "none") return "Its gate has not run";
  const words = gate.promoted === "outdated" ? "promoted, but changed since" : `gate ${gate.state}`;
  return link(at.view.href("gate", { group: group.group }), words);
}

function drawStages(at, answer) {
  if (at.stages) {
    keepingFocus(() => at.stages.update(answer.stages));
    return;
  }
  at.stages = table(
    [
      { key: "stage", title: "Stage", render: (stage) => link(at.view.href("shards", { stage: stage.stage }), stage.stage, { title: `reads ${stage.reads.join(", ")}` }) },
      { key: "group", title: "Group" },
      { key: "state", title: "State", render: stateOf },
      { key: "share", title: "Shards", number: true, render: shareOf },
      { key: "items_per_second", title: "Items/s", number: true, render: (stage) => number(stage.items_per_second, 1) },
      { key: "eta", title: "Left", number: true, value: (stage) => stage.eta.seconds ?? Infinity, render: leftOf },
      { key: "rows", title: "Rows", number: true, render: (stage) => number(stage.rows) },
      { key: "dropped", title: "Dropped", number: true, render: (stage) => number(stage.dropped) },
      { key: "cpu_seconds", title: "CPU-s", number: true, render: (stage) => number(stage.cpu_seconds, 1) },
      { key: "gpu_seconds", title: "GPU-s", number: true, render: (stage) => (stage.gpu_seconds ? number(stage.gpu_seconds, 1) : "–") },
      { key: "stored_bytes", title: "Written", number: true, render: (stage) => bytes(stage.stored_bytes) },
    ],
    answer.stages,
    { caption: "Stages in order", key: (stage) => stage.stage },
  );
  fill(at.parts.stages, at.stages);
}

function stateOf(stage) {
  const broken = BROKEN.filter((each) => stage.states[each]).map((each) => `${number(stage.states[each])} ${each}`);
  const at = stage.running_shards.slice(0, MOST_SHARDS).join(", ") + (stage.running_shards.length > MOST_SHARDS ? ", …" : "");
  return h("span", { class: "row" }, state(stage.state), broken.length && stage.shards > 1 ? h("span", { class: "note" }, broken.join(", ")) : null,
    at ? h("span", { class: "note" }, `at shard ${at}`) : null);
}

function shareOf(stage) {
  const parts = Object.entries(stage.states).filter(([key]) => !BLANK.includes(key)).map(([key, value]) => ({ state: key === "follows" ? "quarantined" : key, value, label: key }));
  return h("div", { class: "share" }, bar(parts, { total: stage.shards }), `${number(stage.shards - stage.left)} / ${number(stage.shards)}`);
}

function leftOf(stage) {
  if (!stage.left) return "";
  return h("span", { title: stage.eta.why }, stage.eta.seconds === null ? "not known" : seconds(stage.eta.seconds));
}

// -- funnel -----------------------------------------------------------------------------------

function funnelOf(answer) {
  const kinds = answer.kind === "build" ? [answer.funnel] : grouped(answer.funnel);
  const steps = kinds.flatMap((mine) => mine.map((step) => stepOf(step, Math.max(1, ...mine.map((each) => whole(each))), answer, kinds.length > 1)));
  return [
    h("p", { class: "legend" }, swatch("kept", "kept"), swatch("drop", "dropped there, by reason")),
    h("div", { role: "list", "aria-label": "Funnel" }, steps),
    dropTable(answer),
  ];
}

function grouped(steps) {
  const kinds = [...new Set(steps.map((step) => step.kind))];
  return kinds.map((kind) => steps.filter((step) => step.kind === kind));
}

function whole(step) {
  const dropped = Object.values(step.dropped).reduce((sum, each) => sum + each, 0);
  return step.name === "dropped" ? dropped : step.items + dropped;
}

function swatch(kind, words) {
  return h("span", {}, svg("svg", { viewBox: "0 0 12 12", "aria-hidden": "true" }, svg("rect", { class: kind, width: 12, height: 12 })), words);
}

function stepOf(step, most, answer, named) {
  const reasons = Object.entries(step.dropped);
  const kept = step.name === "dropped" ? 0 : step.items;
  const title = named ? `${step.kind}s ${step.name}` : step.name.replaceAll("_", " ");
  const words = reasons.slice(0, 6).map(([code, n]) => `${answer.reasons[code] ?? code} ${number(n)}`);
  if (reasons.length > 6) words.push(`${reasons.length - 6} more reasons`);
  return h("div", { class: "step", role: "listitem" },
    h("span", {}, title),
    stepBar(kept, reasons, most, `${title}: ${number(step.items)}`),
    h("span", { class: "num" }, number(step.items)),
    words.length ? h("span", { class: "drops" }, words.join(" · ")) : null);
}

function stepBar(kept, reasons, most, label) {
  let at = (100 * kept) / most;
  const drops = reasons.map(([code, n]) => {
    const width = (100 * n) / most;
    const part = svg("rect", { class: "drop", x: at, y: 0, width, height: 16 }, svg("title", {}, `${code}: ${number(n)}`));
    at += width;
    return part;
  });
  return svg("svg", { viewBox: "0 0 100 16", preserveAspectRatio: "none", role: "img", "aria-label": label },
    svg("rect", { class: "kept", x: 0, y: 0, width: (100 * kept) / most, height: 16 }), drops);
}

function dropTable(answer) {
  const rows = answer.stages.flatMap((stage) => Object.entries(stage.drops).flatMap(([kind, reasons]) =>
    Object.entries(reasons).map(([code, n]) => ({ stage: stage.stage, kind, code, words: answer.reasons[code] ?? "", n }))));
  if (!rows.length) return null;
  return h("details", {}, h("summary", {}, `Dropped, by stage and reason (${number(rows.length)})`), table(
    [
      { key: "stage", title: "Stage" },
      { key: "kind", title: "What" },
      { key: "code", title: "Reason", render: (row) => h("span", { title: row.words }, row.code) },
      { key: "words", title: "In words", wide: true },
      { key: "n", title: "Count", number: true, render: (row) => number(row.n) },
    ],
    rows,
    { caption: "Dropped by stage and reason", sort: ["n", "down"] },
  ));
}

// -- failures, gates, retrieval ---------------------------------------------------------------

function drawErrors(at, answer) {
  at.parts.errors.closest(".card").hidden = !answer.errors.length;
  fill(at.parts.errors, table(
    [
      { key: "stage", title: "Stage" },
      { key: "failure_class", title: "Class" },
      { key: "shards", title: "Shards", number: true, render: (error) => link(at.view.href("shards", { stage: error.stage, state: error.state, failure_class: error.failure_class }), number(error.shards)) },
      { key: "error", title: "The first says", wide: true },
    ],
    answer.errors,
    { caption: "Failures by stage and class" },
  ));
}

function gatesOf(at, answer) {
  return answer.groups.map((group) => h("div", {},
    h("div", { class: "row" }, h("strong", {}, group.group), gateState(group.gate),
      group.gate.checks ? link(at.view.href("gate", { group: group.group }), `${number(group.gate.checks)} checks`) : null),
    h("p", { class: "note" }, group.gate.summary),
    group.gate.failed.length ? h("ul", {}, group.gate.failed.map((finding) => h("li", {}, finding.blocks ? "" : "warning: ", `${finding.name}: expected ${finding.expected}; saw ${finding.saw}`))) : null));
}

function gateState(gate) {
  if (gate.state === "none") return state("waiting", "not run");
  if (gate.state !== "passed" && gate.promoted === "no") return state(gate.state);
  return gate.promoted === "yes" ? state("promoted") : gate.promoted === "outdated" ? state("stale", "changed since") : state("passed");
}

function drawRetrieval(at, answer) {
  const { measures, words } = answer.retrieval;
  const entries = Object.entries(measures);
  at.parts.retrieval.closest(".card").hidden = !entries.length;
  const shares = [["recall_at_3", "recall@3"], ["image_text1", "text1 of the own document, picture alone"], ["used_text1", "the same, by the queries used"], ["known_r5", "known items R@5"], ["precision", "estimated precision"]];
  fill(at.parts.retrieval,
    h("div", { class: "figures" }, shares.filter(([key]) => key in measures).map(([key, label]) => figure(percent(measures[key]), label))),
    words.map((each) => h("p", {}, each)),
    entries.length ? h("details", {}, h("summary", {}, `All ${entries.length} measures`), facts(entries.map(([key, value]) => [key.replaceAll("_", " "), number(value)]))) : null);
}

// -- cost, pins -------------------------------------------------------------------------------

async function costs(at, box) {
  const { view, build } = at;
  const list = await view.api("build_list").catch(() => ({ runs: [] }));
  const others = list.runs.filter((run) => run.kind === at.answer.kind && run.uri !== at.answer.build);
  const inner = h("div", { class: "stack" });
  const load = (like) => shown(inner, () => view.api("build_costs", { build, like }), costsOf);
  const choose = h("select", { "aria-label": "Plan by", onchange: (event) => load(event.target.value) },
    h("option", { value: "" }, "plan by include/costs.yaml"), others.map((run) => h("option", { value: run.uri }, `plan by what ${run.name} measured`)));
  fill(box, h("div", { class: "row" }, choose), inner);
  await load("");
}

function costsOf({ stages, total }) {
  const { planned, measured } = total;
  const rows = stages.filter((row) => row.measured.shards || row.planned);
  return [
    h("div", { class: "figures" },
      figure(number(Math.round(measured.cpu_seconds)), "CPU-s so far", `planned in all: ${number(Math.round(planned.cpu_seconds))}`),
      figure(number(Math.round(measured.gpu_seconds)), "GPU-s so far", `planned in all: ${number(Math.round(planned.gpu_seconds))}`),
      figure(bytes(measured.stored_bytes), "written so far", `planned in all: ${bytes(planned.stored_bytes)}`)),
    table(
      [
        { key: "stage", title: "Stage" },
        { key: "items", title: "Items", number: true, value: (row) => row.planned?.items ?? -1, render: (row) => (row.planned ? `${number(row.planned.items)} ${row.planned.per.replaceAll("_", " ")}` : "–") },
        ...["cpu_seconds", "gpu_seconds", "stored_bytes"].flatMap(costColumns),
        { key: "source", title: "Plan from", wide: true, value: (row) => row.planned?.source ?? "", render: (row) => row.planned?.source ?? "not known" },
      ],
      rows,
      { caption: "Cost by stage, against its plan" },
    ),
  ];
}

function costColumns(key) {
  const words = { cpu_seconds: "CPU-s", gpu_seconds: "GPU-s", stored_bytes: "Written" }[key];
  const said = key === "stored_bytes" ? bytes : (value) => (value ? number(value, 1) : "–");
  return [
    { key, title: words, number: true, value: (row) => row.measured[key], render: (row) => h("span", { class: over(row, key) ? "over" : "", title: over(row, key) ? "more than planned" : null }, said(row.measured[key])) },
    { key: `planned_${key}`, title: "planned", number: true, value: (row) => row.planned?.[key] ?? -1, render: (row) => (row.planned ? said(row.planned[key]) : "–") },
  ];
}

function over(row, key) {
  return row.planned && row.measured[key] > 1.5 * row.planned[key] && row.measured[key] > WORTH[key];
}

function pinned(at, box) {
  return shown(box, () => at.view.api("build_pins", { build: at.build }), (pins) => h("div", { class: "stack" },
    facts([
      ["Crawl", pins.crawl && `${pins.crawl.name} (${pins.crawl.format}, ${count(pins.crawl.files, "file")}, ${bytes(pins.crawl.bytes)})`],
      ["Scale", pins.scale && `${pins.scale}: ${count(pins.target, "pair")}${pins.allow_smaller ? ", or fewer if there are no more" : ""}`],
      ["To be expected", pins.outlook && `about ${count(pins.outlook.expected, "pair")} of ${count(pins.outlook.images, "image")} (by ${pins.outlook.told_by})`],
      ["Takedowns up to", pins.takedown === null ? "none" : `number ${number(pins.takedown)}`],
      ["Preset", pins.preset], ["Profile", pins.profile], ["Seed", String(pins.seed)], ["Device", pins.device],
      ["Follows", pins.follows], ["Adopts from", pins.donors.join(", ")], ["Switched off", pins.off.join(", ")],
      ["Configuration", long(pins.config_digest)],
    ]),
    pins.outlook?.warning ? h("p", { class: "note" }, pins.outlook.warning) : null,
    adoptedOf(at.answer),
    pins.generations.length ? h("h3", {}, "Generations") : null,
    pins.generations.length ? generationsOf(at, pins.generations) : null,
    leftOut(pins.left_out),
    h("h3", {}, "Models"), modelsOf(pins.models),
    h("h3", {}, `Settings unlike the defaults (${pins.settings.length})`), settingsOf(pins.settings)));
}

function adoptedOf(answer) {
  return answer.adopted.map((each) => h("p", {}, state("adopted"), ` ${count(each.shards, "shard")} of ${each.run}, in ${count(each.stages.length, "stage")}`));
}

/** Generations that are in the corpus, and no part of this run: it was pinned before, or to others. */
function leftOut(generations) {
  if (!generations.length) return null;
  const names = generations.map((each) => `${each.generation} (${each.crawl})`).join(", ");
  return h("p", { class: "hint" }, `Not part of it: ${generations.length === 1 ? "generation" : "generations"} ${names}, promoted since it was pinned or left out by its form.`);
}

function generationsOf(at, generations) {
  return table(
    [
      { key: "generation", title: "Generation", number: true },
      { key: "crawl", title: "Crawl" },
      { key: "extract", title: "Extract", render: (each) => link(at.view.href("build", { build: `extracts/${each.extract}` }), each.extract) },
      { key: "images", title: "Images", number: true, render: (each) => number(each.images) },
      { key: "sentences", title: "Sentences", number: true, render: (each) => number(each.sentences) },
      { key: "digest", title: "Digest", render: (each) => long(each.digest) },
    ],
    generations,
    { caption: "Generations of the corpus" },
  );
}

function modelsOf(models) {
  const rows = Object.entries(models).map(([kind, model]) => ({ kind, ...model }));
  return table(
    [
      { key: "kind", title: "Kind" }, { key: "name", title: "Asked for" },
      { key: "identity", title: "Identity", wide: true, render: (row) => long(row.identity) },
      { key: "resolved", title: "Told by" },
    ],
    rows,
    { caption: "Models" },
  );
}

function settingsOf(settings) {
  const said = (value) => h("span", { class: "mono" }, value === undefined ? "–" : JSON.stringify(value));
  return table(
    [
      { key: "stage", title: "Stage" }, { key: "setting", title: "Setting" },
      { key: "value", title: "Here", wide: true, render: (row) => said(row.value) },
      { key: "default", title: "By default", wide: true, render: (row) => said(row.default) },
    ],
    settings,
    { caption: "Settings unlike the defaults", none: "All settings are the stages' own." },
  );
}

// -- Airflow: runs, stop, resume --------------------------------------------------------------

async function runs(at, box) {
  if (!at.view.session?.airflow) {
    at.drawRuns = () => null;
    fill(box, empty("No Airflow here", "These pages were started without it."));
    return;
  }
  at.drawRuns = () => shown(box, () => runsOf(at), (mine) => table(
    [
      { key: "dag_id", title: "DAG", render: (run) => airflowLink(`/dags/${run.dag_id}/runs/${encodeURIComponent(run.dag_run_id)}`, run.dag_id) },
      { key: "state", title: "State", render: (run) => state(airflowState(run.state), run.state) },
      { key: "start_date", title: "Started", render: (run) => date(run.start_date) },
      { key: "end_date", title: "Ended", render: (run) => date(run.end_date) },
      { key: "dag_run_id", title: "Run", wide: true, render: (run) => long(run.dag_run_id, { copy: false }) },
    ],
    mine,
    { caption: "Runs of this build in Airflow", sort: ["start_date", "down"], none: `No run among the last ${MOST_RUNS} of each DAG worked on it.` },
  ));
  await at.drawRuns();
}

function airflowState(word) {
  return { success: "done", queued: "waiting" }[word] ?? word;
}

/** Give the runs of Airflow that worked on this build, the box over the groups first. */
async function runsOf(at) {
  if (!at.view.session?.airflow) return [];
  const { kind, groups } = at.answer;
  const dags = [...new Set([...groups.map((group) => `realsyn_${group.group}`), "realsyn_backfill", ...(kind === "extract" ? [] : ["realsyn_extract"])])];
  const lists = await Promise.all(dags.map((dag) => lastRuns(at, dag)));
  const own = lists.flat().filter((run) => worksOn(run, at.answer.build));
  const parents = (await lastRuns(at, "realsyn_build")).filter((run) => isParent(run, own, at.answer));
  return [...parents, ...own];
}

async function lastRuns(at, dag) {
  try {
    const path = `/api/v2/dags/${dag}/dagRuns?limit=${MOST_RUNS}&order_by=-run_after`;
    return (await at.view.airflow("GET", path)).dag_runs ?? [];
  } catch (error) {
    if ([403, 404].includes(error.status)) return [];
    throw error;
  }
}

function worksOn(run, build) {
  return plain(run.conf?.build) === plain(build);
}

function plain(uri) {
  return String(uri ?? "").replace(/^file:\/\//, "").replace(/\/+$/, "");
}

/** A build's own run: one that started runs of its groups, or that names it before it has. */
function isParent(run, own, answer) {
  if (own.some((child) => isBeneath(child, run))) return true;
  const { name: called, scale, root } = run.conf ?? {};
  const here = !root || plain(rootOf(answer.build)) === plain(root);
  return answer.kind === "build" && here && ON.includes(run.state) && (called === answer.name || (!called && scale === answer.scale));
}

/** Say whether a box of one run started another. */
function isBeneath(child, run) {
  const above = child.conf?.started_by;
  return above?.dag_id === run.dag_id && above?.run_id === run.dag_run_id;
}

async function stop(at) {
  const mine = await underWay(at).catch((error) => toast(error.message, "error"));
  if (!mine) return;
  if (!mine.length) {
    toast("No run of Airflow works on it now.");
    return;
  }
  await ask({
    title: `Stop ${at.answer.name}?`,
    text: `These runs are marked as failed, and their tasks are ended. What is committed stays; Resume goes on from there.`,
    body: h("ul", {}, mine.map((run) => h("li", {}, airflowLink(`/dags/${run.dag_id}/runs/${encodeURIComponent(run.dag_run_id)}`, `${run.dag_id}: ${run.dag_run_id}`)))),
    submit: "Stop",
    danger: true,
    act: () => stopAll(at),
  });
  await at.drawRuns();
}

async function underWay(at) {
  return (await runsOf(at)).filter((run) => ON.includes(run.state));
}

const ENDING = [1000, 2000, 4000]; // ms after each try to end what is under way

/**
 * Fail the runs under way that no other one is above of: these end theirs. What Airflow's scheduler
 * was starting in that very moment is under way after it, so they are looked for, and ended, once
 * more. What goes on all the same is named.
 */
async function stopAll(at) {
  const mine = await underWay(at);
  let left = mine;
  for (const pause of ENDING) {
    for (const run of topsOf(left)) await fail(at, run);
    await new Promise((resolve) => setTimeout(resolve, pause));
    left = await underWay(at);
    if (!left.length) break;
  }
  if (left.length) throw new Error(`Still under way: ${left.map((run) => `${run.dag_id} ${run.dag_run_id}`).join(", ")}. Open them by the links above, and stop them in Airflow.`);
  toast(mine.length ? `${count(mine.length, "run")} stopped.` : "It had ended already.");
}

/** Give the runs that no other one of them is above of. */
function topsOf(runs) {
  return runs.filter((run) => !runs.some((other) => isBeneath(run, other)));
}

function fail(at, run) {
  return at.view.airflow("PATCH", `${pathOf(run)}?update_mask=state`, { state: "failed" });
}

function pathOf(run) {
  return `/api/v2/dags/${run.dag_id}/dagRuns/${encodeURIComponent(run.dag_run_id)}`;
}

async function resume(at) {
  const found = await runsOf(at).catch((error) => toast(error.message, "error"));
  if (!found) return;
  const going = found.find((run) => ON.includes(run.state));
  if (going) {
    toast(`${going.dag_id} is already at work on it: ${going.dag_run_id}`);
    return;
  }
  const last = found.find((run) => run.dag_id === "realsyn_build");
  const { dag, conf } = last ? { dag: "realsyn_build", conf: last.conf } : at.answer.resume;
  await ask({
    title: `Go on with ${at.answer.name}?`,
    text: `Starts ${dag}. What is committed is left alone; only what is missing is done.`,
    body: h("pre", { tabindex: "0", "aria-label": "Configuration" }, JSON.stringify(conf, null, 1)),
    submit: "Resume",
    act: async () => {
      const started = await startRun(dag, conf);
      toast(`Started ${started.dag_run_id}.`);
    },
  });
  await at.drawRuns();
}
