// The way of an item, a step for each stage; it ends in red where it was dropped.

import { facts, h, number, state } from "../kit.js";

// What of a step is told without opening it.
const TELLING = [
  "source", "source_offset", "url", "width", "height", "format", "perplexity", "words", "text_area", "syn_score",
  "prompt_id", "cluster_id", "key", "generation", "crawl", "version", "request", "entry", "tags", "text",
];

/** A vertical list of steps, each to be opened. */
export function timeline(steps) {
  return h("ol", { class: "timeline" }, steps.map((step, place) => stepOf(step, steps[place - 1])));
}

function stepOf(step, before) {
  const heading = step.run !== before?.run && h("p", { class: "run" }, step.run);
  const shard = step.group ? ` · shard ${number(step.shard)}` : "";
  return h("li", { class: `step is-${step.state}` }, heading,
    h("details", { open: Boolean(step.drop) },
      h("summary", {}, state(step.state, step.stage.replaceAll("_", " ")), h("span", { class: "note" }, `${shard} ${gist(step)}`)),
      step.drop && dropped(step.drop),
      step.says.map((line) => h("p", { class: "says" }, line)),
      facts(step.values.map(({ name, value }) => [name, valueOf(value)])),
      checks(step.checks), models(step.models),
      step.rows > 1 && h("p", { class: "note" }, `${number(step.rows)} rows in ${step.tables.join(", ")}`)));
}

/** What of a step is worth saying without opening it. */
function gist(step) {
  if (step.drop) return `${step.drop.reason.replaceAll("_", " ")} ${step.drop.detail}`;
  const values = Object.fromEntries(step.values.map(({ name, value }) => [name, value]));
  const telling = TELLING.filter((name) => values[name] !== undefined && String(values[name]).length <= 60);
  const said = telling.slice(0, 4).map((name) => `${name.replaceAll("_", " ")} ${valueOf(values[name])}`);
  return said.join(", ") || (step.rows > step.tables.length ? `${number(step.rows)} rows` : "");
}

function valueOf(value) {
  if (typeof value === "number") return number(value, Number.isInteger(value) ? 0 : 4);
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 600 ? `${text.slice(0, 600)}…` : text;
}

function dropped(drop) {
  return h("div", { class: "drop" },
    h("p", {}, h("strong", {}, drop.reason.replaceAll("_", " ")), drop.words && `: ${drop.words}`),
    drop.detail && h("p", {}, `Here: ${drop.detail}`),
    facts(Object.entries(drop.thresholds).map(([name, value]) => [name, valueOf(value)])));
}

function checks(list) {
  return list.length > 0 && h("details", { class: "checks" },
    h("summary", {}, `held against ${number(list.length)} ${list.length === 1 ? "filter" : "filters"}`),
    h("ul", {}, list.map((check) => h("li", {}, check.reasons.join(", ").replaceAll("_", " "), ": ",
      Object.entries(check.settings).map(([name, value]) => `${name} ${valueOf(value)}`).join(", ")))));
}

function models(list) {
  return list.length > 0 && h("ul", { class: "models", "aria-label": "Models" }, list.map((model) =>
    h("li", {}, `${model.kind.replaceAll("_", " ")}: ${model.name} `, h("code", {}, model.identity))));
}
