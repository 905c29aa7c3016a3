// Evaluations: whether models are better for a version's texts and sampling, and which version leads.

import {
  airflowLink, ask, button, bytes, card, copyButton, count, empty, every, facts, field, fill, h, link, name, number, percent, progress, say, shown, startRun, state,
  table, toast,
} from "../kit.js";
import { intervals, lines } from "./evaluations/charts.js";

const AGAIN = 5; // seconds between looks while something is at work
const IDLE = 3; // so many times as long where nothing is: one that was started is not open at once
const OPEN = new Set(["running", "waiting"]);
const STATES = { published: ["published", "complete"], ready: ["ready", "judged, not promoted"], running: ["running"], failed: ["failed"], waiting: ["waiting"] };
const VERDICTS = { holds: ["passed", "holds"], null: ["unknown", "null"], reversed: ["failed", "reversed"] };
const COUNTED = { holds: "hold", null: "null", reversed: "reversed" };
const OVER = { pairs: "pictures trained with", caption_share: "share of pictures with a caption", skew: "pictures of the largest cluster over those of the median one" };
const EVERY = -1; // in place of a version's number

export const page = {
  path: "evaluations",
  title: "Evaluations",
  style: true,
  async open(view, params) {
    if (params.evaluation) return one(view, params);
    return all(view);
  },
};

// -- all of a root ----------------------------------------------------------------------------

async function all(view) {
  const at = { view, list: h("div"), boards: h("div") };
  view.root.append(at.list, at.boards);
  const look = () => view.api("evaluations");
  await shown(at.list, look, (answer) => listed(at, answer));
  let looks = 0;
  every(AGAIN, view.signal, async () => {
    looks += 1;
    if (looks % IDLE && !at.answer?.evaluations.some((row) => OPEN.has(row.state))) return;
    const answer = await look().catch(() => null);
    if (answer && !view.signal.aborted && JSON.stringify(answer) !== JSON.stringify(at.answer)) {
      fill(at.list, listed(at, answer));
      say("the evaluations have changed");
    }
  });
}

function listed(at, answer) {
  at.answer = answer;
  fill(at.boards, answer.boards.map((board) => boardCard(at.view, board)));
  const start = startButton(at.view, answer);
  const none = empty("No evaluation yet", `${answer.dag} trains small models on each kind of text of a version, asks them for pictures that they never saw, and says which claims hold.`);
  const rows = answer.evaluations;
  return card("Evaluations of this root", { note: count(rows.length, "evaluation"), actions: [start] }, rows.length ? table(columnsOfAll(at.view), rows, {
    caption: "Evaluations", key: (row) => row.name, sort: ["name", "up"], open: (row) => at.view.go("evaluations", { evaluation: row.name, build: null }) }) : none);
}

function columnsOfAll(view) {
  return [
    { key: "name", title: "Evaluation", wide: true, render: (row) => link(view.href("evaluations", { evaluation: row.name, build: null }), row.name) },
    { key: "state", title: "State", render: (row) => stateCell(row) },
    { key: "protocol", title: "Protocol", value: (row) => row.protocol.name, render: (row) => h("span", { title: row.protocol.about }, row.protocol.name) },
    { key: "versions", title: "Versions", sort: false, render: (row) => row.versions.map((each) => versionLink(view, each)) },
    { key: "verdicts", title: "Claims", value: (row) => row.verdicts?.holds ?? -1, render: (row) => verdictsCell(row.verdicts) },
  ];
}

function stateCell(row) {
  const shownState = state(...(STATES[row.state] ?? ["unknown", row.state]));
  if (row.shards === null) return shownState;
  return h("span", { class: "far" }, shownState, progress(row.done, row.shards, { label: row.stage ? `at ${row.stage}` : "shards" }), row.stage ? h("span", { class: "muted" }, row.stage) : null);
}

function versionLink(view, version) {
  return h("span", { class: "version" }, link(view.href("versions", { version: version.path, build: null }), version.name, { class: "mono" }));
}

function verdictsCell(verdicts) {
  if (!verdicts) return h("span", { class: "muted" }, "not judged yet");
  return h("span", { class: "row" }, Object.entries(VERDICTS).filter(([key]) => verdicts[key]).map(([key, [sign]]) => state(sign, `${number(verdicts[key])} ${COUNTED[key]}`)));
}

function startButton(view, { dag, protocols }) {
  const may = view.may(dag);
  return button("Evaluate…", () => askFor(view, dag, protocols), { kind: "primary", disabled: !may, title: may ? null : `Your Airflow user may not trigger ${dag}` });
}

async function askFor(view, dag, protocols) {
  const { versions } = await view.api("pair_sources").catch(() => ({ versions: [] }));
  const root = String(view.root_uri).replace(/\/+$/, "");
  const run = await ask({
    title: "Evaluate versions",
    text: `${dag} trains and asks models by a protocol that is fixed beforehand. Of the versions nothing is changed.`,
    fields: [
      { name: "version", label: "Version", options: versions.map((each) => each.version), hint: "One dataset's version; the DAG's own form takes several, with commas between" },
      { name: "protocol", label: "Protocol", options: protocols, value: protocols.includes("heads") ? "heads" : protocols[0], hint: "heads: minutes on a laptop; clip protocols want GPUs" },
    ],
    submit: "Start",
    act: ({ version, protocol }) => startRun(dag, { versions: `${root}/datasets/${version}`, protocol }),
  });
  if (!run) return;
  toast(`Started ${run.dag_run_id}. Its evaluation is listed here when it is open.`);
  view.reload();
}

// -- the table of versions ------------------------------------------------------------------------

function boardCard(view, board) {
  const others = board.arms.filter((arm) => arm !== board.arm);
  const columns = [
    { key: "name", title: "Version", render: (row) => h("span", { class: "version" }, link(view.href("versions", { version: row.path, build: null }), row.name, { class: "mono" })) },
    { key: "value", title: board.arm || "value", number: true, render: (row) => valueCell(row) },
    ...others.map((arm) => ({ key: `arm ${arm}`, title: arm, number: true, value: (row) => row.arms[arm] ?? null, render: (row) => share(row.arms[arm]) })),
    { key: "pairs", title: "Pairs", number: true },
    { key: "verdicts", title: "Claims", value: (row) => row.verdicts.holds, render: (row) => verdictsCell(row.verdicts) },
    { key: "evaluation", title: "Evaluation", render: (row) => link(view.href("evaluations", { evaluation: row.evaluation, build: null }), row.evaluation) },
  ];
  const note = `${board.measure_name}, mean over the sets; sorted by the arm that most claims are about`;
  return card(`Versions by ${board.protocol.name}`, { note }, table(columns, board.rows, { caption: `Versions by protocol ${board.protocol.name}`, key: (row) => row.path, sort: ["value", "down"] }),
    h("p", { class: "note under" }, "Only evaluations by this very protocol, with the same evaluation sets, models and seed, stand here: ", h("span", { class: "mono" }, board.comparable.slice(0, 12)), "."));
}

function valueCell(row) {
  return [share(row.value), between(row)];
}

function share(value) {
  return value === null || value === undefined ? "–" : number(value, 3);
}

function signed(value) {
  return value === null || value === undefined ? "–" : `${value > 0 ? "+" : ""}${number(value, 3)}`;
}

function parts(row) {
  const widths = [row.of_questions, row.of_documents, row.of_trainings];
  return widths.every((width) => width === null || width === undefined) ? "–" : widths.map(share).join(" / ");
}

function between({ low, high }, told = share) {
  if (low === null || low === undefined || high === null || high === undefined) return null;
  return h("span", { class: "between muted" }, `${told(low)} to ${told(high)}`);
}

// -- one ----------------------------------------------------------------------------------------

async function one(view, params) {
  const at = { view, box: h("div") };
  view.root.append(h("p", {}, link(view.href("evaluations", { evaluation: null, build: null }), "All evaluations")), at.box);
  const look = () => view.api("evaluation_outcome", { evaluation: params.evaluation });
  await shown(at.box, look, (answer) => drawn(at, answer, params));
  if (!at.answer) return;
  view.title(at.answer.name);
  every(AGAIN, view.signal, async () => {
    if (!OPEN.has(at.answer.state)) return;
    const answer = await look().catch(() => null);
    if (answer && !view.signal.aborted && JSON.stringify(answer) !== JSON.stringify(at.answer)) fill(at.box, drawn(at, answer, params));
  });
}

function drawn(at, answer, params) {
  at.answer = answer;
  const { outcome } = answer;
  const parts = [head(at.view, answer)];
  if (!outcome) return [...parts, empty("Not judged yet", "Its claims are told when its last stage has run.", link(at.view.href("build", { build: answer.uri }), "How far it is"))];
  const known = outcome.versions.map((each) => each.version);
  at.version = known.includes(Number(params.of)) ? Number(params.of) : known[0];
  at.parts = h("div");
  ofVersion(at);
  return [...parts, chooser(at), at.parts, limitsCard(answer), doneCard(at.view, answer), checkpointsCard(answer)];
}

function head(view, answer) {
  const { outcome, protocol } = answer;
  const sets = outcome ? outcome.sets.map((each) => `${each.set} (${number(each.questions)})`).join(", ") : "";
  return card(answer.name, { actions: [link(view.href("build", { build: answer.uri }), "Its stages"), airflowLink("/dags/realsyn_evaluate", "Its DAG")] },
    h("div", { class: "row" }, stateCell(answer), verdictsCell(answer.verdicts)),
    facts([["Protocol", protocol.name], ["Digest", h("span", { class: "long" }, h("span", { class: "mono cut" }, protocol.digest.slice(0, 16)), copyButton(protocol.digest, "Copy the protocol's digest"))],
      ["Evaluation sets, with questions", sets]]),
    protocol.about ? h("p", { class: "note" }, protocol.about) : null);
}

function chooser(at) {
  const { versions } = at.answer;
  const path = (number_) => versions.find((each) => each.version === number_);
  const links = (version) => [link(at.view.href("versions", { version: version.path, build: null }), "Versions"), " ", link(at.view.href("pairs", { version: version.path, build: null }), "Pairs"), " ",
    copyButton(`${version.uri}/README.md`, "Copy the address of its card"), h("span", { class: "muted" }, "card"), " ", copyButton(`${version.uri}/evaluation.html`, "Copy the address of its page"), h("span", { class: "muted" }, "page")];
  const beside = h("span", { class: "row" }, links(path(at.version)));
  if (versions.length < 2) return h("p", { class: "row" }, h("span", { class: "mono" }, path(at.version).name), beside);
  const choice = field({ name: "of", label: "Version", value: String(at.version), options: versions.map((each) => [String(each.version), each.name]) });
  choice.querySelector("select").addEventListener("change", (event) => {
    at.version = Number(event.target.value);
    at.view.remember({ of: at.version });
    fill(beside, links(path(at.version)));
    ofVersion(at);
  });
  return h("div", { class: "filters" }, choice, beside);
}

function ofVersion(at) {
  const mine = (row) => row.version === at.version;
  const { answer } = at;
  fill(at.parts, claimsCard(answer.claims.filter(mine), answer), armsCard(answer.grids.filter(mine), answer),
    paperCard(answer.paper.arms.filter(mine), answer), setsCard(answer.paper.sets.filter(mine), answer), overlapsCard(answer.outcome.overlaps.filter(mine), answer), curvesCards(answer, at.version));
}

function claimsCard(claims, answer) {
  const columns = [
    { key: "words", title: "Claim", wide: true, value: (row) => row.words || row.claim, render: (row) => [row.words || row.claim, row.margin ? h("span", { class: "muted" }, ` (no worse than by ${share(row.margin)})`) : null] },
    { key: "verdict", title: "Verdict", render: (row) => state(...(VERDICTS[row.verdict] ?? ["unknown", row.verdict])) },
    { key: "difference", title: "Difference", number: true, render: (row) => [signed(row.difference), between(row, signed)] },
    { key: "parts", title: "± by part", sort: false, number: true, render: parts, hint: "half the interval's width that chance of questions / documents / trainings has by itself" },
    { key: "won", title: "Seeds won", number: true, render: (row) => `${number(row.won)} of ${number(row.seeds)}` },
    { key: "arm", title: "Arm" },
    { key: "than", title: "Than" },
    { key: "measure", title: "Measure", render: (row) => [answer.measures[row.measure] ?? row.measure, row.sets.length ? h("span", { class: "muted" }, ` on ${row.sets.join(", ")}`) : null] },
    { key: "theirs", title: "Paper, points", number: true, value: (row) => row.theirs?.[1] ?? null, render: (row) => (row.theirs ? row.theirs.map((each) => (each === null ? "–" : `${each > 0 ? "+" : ""}${number(each, 1)}`)).join(" / ") : "–"), hint: answer.paper.scores.join(", ") },
  ];
  const drawable = claims.filter((row) => row.difference !== null).map((row) => ({ ...row, label: row.claim.replaceAll("_", " "), value: row.difference, kind: row.verdict }));
  return card("Claims", { note: "fixed before anything was run" },
    table(columns, claims, { caption: "Claims, with differences, intervals and verdicts", none: "This protocol claims nothing." }),
    drawable.length ? intervals(drawable, { title: `Differences of ${count(drawable.length, "claim")} with their intervals; the table says the same`, zero: true }) : null,
    h("p", { class: "note" }, `The paper's points are differences of its own arms in ${answer.paper.scores.join(", ")}, with 15M pictures and ViT-B/32: orders compare, values do not.`));
}

function armsCard(grids, answer) {
  if (!grids.length) return null;
  const box = h("div", { class: "stack whole" });
  const draw = (grid) => fill(box, gridTable(grid, answer), armsChart(grid, answer));
  const choice = field({ name: "measure", label: "Measure", value: grids[0].measure, options: grids.map((grid) => [grid.measure, answer.measures[grid.measure] ?? grid.measure]) });
  choice.querySelector("select").addEventListener("change", (event) => draw(grids.find((grid) => grid.measure === event.target.value)));
  draw(grids[0]);
  return card("Arms", { note: "the same pictures in every arm; floor and ceiling beside them" }, h("div", { class: "filters" }, choice), box);
}

function gridTable(grid, answer) {
  const columns = [
    { key: "arm", title: "Arm", render: (row) => [row.arm, answer.roles[row.role] ? h("span", { class: "muted" }, ` (${answer.roles[row.role].split(":")[0]})`) : null] },
    ...grid.sets.map((set, place) => ({ key: `set ${set}`, title: set || "all sets", number: true, value: (row) => row.cells[place]?.value ?? null,
      render: (row) => (row.cells[place] ? [share(row.cells[place].value), between(row.cells[place])] : "–") })),
    { key: "words", title: "Texts", wide: true, render: (row) => answer.roles[row.role] || row.words },
  ];
  return table(columns, grid.lines, { caption: `${answer.measures[grid.measure] ?? grid.measure} of each arm on each set`, key: (row) => row.arm });
}

function armsChart(grid, answer) {
  const rows = grid.lines.filter((line) => line.cells[0]).map((line) => ({ label: line.arm, ...line.cells[0], kind: line.role === "arm" ? "arm" : "reference" }));
  return rows.length ? intervals(rows, { title: `${answer.measures[grid.measure] ?? grid.measure} of each arm, ${grid.sets[0] || "all sets"}; the table says the same` }) : null;
}

function paperCard(rows, answer) {
  if (!rows.length) return null;
  const ours = Object.keys(rows[0].ours);
  const columns = [
    { key: "arm", title: "Arm" },
    { key: "words", title: "In the paper" },
    ...ours.map((each) => ({ key: `our ${each}`, title: `Ours, ${answer.measures[each] ?? each}`, number: true, value: (row) => row.ours[each]?.value ?? null, render: (row) => share(row.ours[each]?.value) })),
    ...answer.paper.scores.map((score, place) => ({ key: `their ${score}`, title: `Paper, ${score}`, number: true, value: (row) => row.scores[place], render: (row) => (row.scores[place] === null ? "–" : number(row.scores[place], 1)) })),
    { key: "where", title: "Where" },
  ];
  return card("Beside the paper's ablations", { note: "percent of ViT-B/32 on 15M pictures; orders compare, values do not" }, table(columns, rows, { caption: "Our arms beside the paper's", key: (row) => row.arm }));
}

function setsCard(rows, answer) {
  if (!rows.length) return null;
  const data = Object.keys(rows[0].theirs);
  const columns = [
    { key: "name", title: "Set" },
    { key: "measure", title: "Measure", render: (row) => answer.measures[row.measure] ?? row.measure },
    { key: "ours", title: "Ours, %", number: true, render: (row) => (row.ours === null ? "–" : number(row.ours, 1)) },
    ...data.map((each) => ({ key: each, title: each, number: true, value: (row) => row.theirs[each] ?? null, render: (row) => number(row.theirs[each] ?? null, 1) })),
  ];
  return card("Beside the paper's sets", {}, table(columns, rows, { caption: "Sets that the paper has, too", key: (row) => `${row.name} ${row.measure}` }));
}

function overlapsCard(rows, answer) {
  const { lessons, dropped } = answer.outcome;
  const trained = lessons.drop_overlaps === false;
  const left = Object.entries(dropped).flatMap(([kind, reasons]) => Object.entries(reasons).map(([reason, times]) => ({ kind, reason, times, words: answer.reasons[reason] })));
  return card("What evaluation sets and version share", { note: trained ? "models were trained with it: the protocol does not drop it" : "no model was trained with it" },
    h("div", { class: "stack" }, table([
      { key: "set", title: "Set" }, { key: "what", title: "What" }, { key: "items", title: "Items of the set", number: true }, { key: "pairs", title: "Pairs of the version", number: true },
    ], rows, { caption: "Overlaps", none: "No picture and no text of the evaluation sets was found in this version.", key: (row) => `${row.set} ${row.what}` }),
    left.length ? h("ul", { class: "dropped" }, left.map((each) => h("li", {}, `${count(each.times, each.kind)} not trained with: ${each.words || each.reason.replaceAll("_", " ")}`))) : null));
}

function curvesCards(answer, version) {
  const curves = answer.outcome.curves.map((curve) => ofOne(curve, version));
  return curves.filter((curve) => curve.points.length).map((curve) => {
    const label = answer.measures[curve.measure] ?? curve.measure;
    const names = [...new Set(curve.points.map((point) => point.arm))];
    const level = curve.points.filter((point) => point.kind !== "difference" && point.value !== null);
    const apart = curve.points.filter((point) => point.kind === "difference" && point.value !== null);
    const over = OVER[curve.over] ?? curve.over;
    const chart = (points, what) => (points.length ? h("figure", {}, lines(points, { title: `${what} over ${over}; the table below says the same`, over: curve.over, label: over, names }), h("figcaption", { class: "muted" }, what)) : null);
    return card(curve.words || curve.name, { note: `${label} over ${over}` }, h("div", { class: "columns" }, chart(level, label), chart(apart, `Gain in ${label} over ${names[0]}`)), legend(names), pointsTable(curve));
  });
}

// A version that has sizes of its own has a line of its own; other lines go through all versions.
function ofOne(curve, version) {
  if (!curve.fits.some((fit) => fit.version !== EVERY)) return curve;
  return { ...curve, points: curve.points.filter((point) => point.version === version || point.version === EVERY) };
}

function legend(names) {
  return h("ul", { class: "legend" }, names.map((arm, place) => h("li", {}, h("span", { class: `swatch series-${(place % 8) + 1}`, "aria-hidden": "true" }), arm)));
}

function pointsTable(curve) {
  const told = (row) => (row.kind === "difference" ? signed : share);
  const columns = [
    { key: "arm", title: "Arm" },
    { key: "kind", title: "Point" },
    { key: "version", title: "Version", number: true, render: (row) => (row.version === EVERY ? "–" : number(row.version)) },
    { key: "x", title: OVER[curve.over] ?? curve.over, number: true },
    { key: "value", title: "Value", number: true, render: (row) => [told(row)(row.value), between(row, told(row))] },
  ];
  return h("details", {}, h("summary", {}, "Its points, as a table"), table(columns, curve.points, { caption: `Points of ${curve.name}` }));
}

function limitsCard(answer) {
  return card("What it does not show", {}, h("ul", {}, answer.outcome.limits.map((sentence) => h("li", {}, sentence))));
}

function doneCard(view, { outcome }) {
  const columns = [
    { key: "arm", title: "Arm" },
    { key: "version", title: "Version", number: true },
    { key: "seeds", title: "Seeds", number: true },
    { key: "pictures", title: "Pictures", number: true, render: (row) => number(row.pictures, 0) },
    { key: "texts", title: "Texts", number: true, render: (row) => number(row.texts, 0) },
    { key: "caption_share", title: "With a caption", number: true, render: (row) => percent(row.caption_share) },
    { key: "skew", title: "Skew", number: true, render: (row) => number(row.skew, 1) },
    { key: "steps", title: "Steps", number: true, render: (row) => number(row.steps, 0) },
    { key: "first_loss", title: "First loss", number: true },
    { key: "last_loss", title: "Last loss", number: true },
  ];
  const models = Object.entries(outcome.models).map(([kind, identity]) => [kind.replaceAll("_", " "), h("span", { class: "mono" }, identity)]);
  return card("How it was done", {}, facts([...models, ["Seed", number(outcome.seed)], ["Compares with", h("span", { class: "mono" }, outcome.comparable.slice(0, 12))]]),
    h("details", {}, h("summary", {}, "What each arm was trained with"), table(columns, outcome.trainings, { caption: "Means over the seeds of what each arm was trained with" })));
}

function checkpointsCard(answer) {
  const rows = answer.checkpoints;
  if (!rows.length) return null;
  const columns = [
    { key: "trial", title: "Trial", number: true },
    { key: "arm", title: "Arm" },
    { key: "seed", title: "Seed", number: true },
    { key: "bytes", title: "Size", number: true, render: (row) => bytes(row.bytes) },
    { key: "path", title: "Checkpoint", wide: true, render: (row) => h("span", { class: "long" }, h("span", { class: "mono cut", title: row.path }, name(row.path)), copyButton(row.path, `Copy the place of the checkpoint of trial ${row.trial}`)) },
    { key: "card", title: "Model card", sort: false, render: (row) => h("span", { class: "row" }, name(row.card), copyButton(row.card, `Copy the address of the model card of trial ${row.trial}`)) },
  ];
  return card("Checkpoints", { note: "trained to be compared, not to be used" }, table(columns, rows, { caption: "Checkpoints with their model cards", key: (row) => row.trial }));
}
