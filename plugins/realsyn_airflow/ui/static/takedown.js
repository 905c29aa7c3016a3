// Take one picture down: a dry run that shows what would go, then for good. Both are runs of Airflow.

import { BASE, airflowLink, ask, count, picture, show, startRun, h, toast } from "./kit.js";

const DAG = "realsyn_takedown";
const EVERY = 2000; // ms between two looks
const MOST = 150;

/** Ask, show what would go, ask again; `item` has an id, and the addresses url and document_url. */
export async function takeDown(view, item) {
  const asked = await ask({
    title: "Take this picture down",
    text: "First a dry run, which changes nothing and shows what would go.",
    fields: [
      { name: "what", label: "What", options: choices(item) },
      { name: "note", label: "Note for the receipt", hint: "Who asked, when, the case’s number" },
    ],
    submit: "Show what would go",
    act: async (values) => ({ values, run: await startRun(DAG, conf(view, item, values, true)) }),
  });
  if (asked) await confirm(view, item, asked);
}

function choices({ url, document_url: page }) {
  const site = siteOf(page);
  return [["hashes", "This picture, wherever it stands"], url && ["url", `Its address: ${url}`],
    page && ["page", `All of its page: ${page}`], site && ["site", `All of its site: ${site}`]].filter(Boolean);
}

function conf(view, item, { what, note }, dry) {
  const things = {
    hashes: { hashes: `image: ${item.id}` },
    url: { urls: item.url },
    page: { urls: item.document_url },
    site: { domains: siteOf(item.document_url) },
  };
  return { root: view.root_uri, ...things[what], note, dry_run: dry };
}

function siteOf(url) {
  const host = (url ?? "").replace(/^https?:\/\//, "").split(/[/?#]/)[0];
  return host.includes("@") ? "" : host.replace(/:\d+$/, "");
}

async function confirm(view, item, { values, run }) {
  const box = show("What would go", h("p", { role: "status" }, "The dry run is on its way …"), follow(run));
  const plan = await planOf(view, run).catch((error) => error);
  box.close();
  box.remove();
  const done = await ask({
    title: "Take it down for good?",
    text: plan instanceof Error ? `The dry run has no answer yet: ${plan.message}` : "What was taken down stays so; published versions stay as they are.",
    body: plan instanceof Error ? follow(run) : summary(view, plan, run),
    submit: "Take down for good",
    danger: true,
    act: () => startRun(DAG, conf(view, item, values, false)),
  });
  if (done) toast(h("span", {}, "It is being taken down. ", follow(done)));
}

function follow(run) {
  return h("p", {}, airflowLink(`/dags/${DAG}/runs/${encodeURIComponent(run.dag_run_id)}`, "Its run in Airflow"));
}

function summary(view, plan, run) {
  const items = plan.first ?? [];
  const more = plan.images + plan.sentences - items.length;
  return h("div", {},
    h("p", {}, `${count(plan.images, "picture")} and ${count(plan.sentences, "sentence")} of the corpus, of ${count(plan.pages ?? 0, "page")}:`),
    h("ul", { class: "going" }, items.map((item) => h("li", {}, thing(view, item)))),
    more > 0 && h("p", {}, `and ${more} more; the page behind the link of task plan lists all of it.`),
    h("ul", {}, plan.datasets.map((row) => h("li", {}, `${row.dataset}: ${count(row.pairs, "pair")}, texts of ${count(row.texts, "other pair")}; that version stays as it is, and pages show them no more`))),
    beside(plan.beside),
    pageLink(run), follow(run));
}

function thing(view, { kind, id, url, text, document_url: page }) {
  const small = kind === "image" && picture({ src: view.url("item_picture", { image: id, size: 320 }), alt: `Picture ${id.slice(0, 8)}`, width: 80, height: 80 });
  return [small, " ", text ?? url ?? id, page && ` on ${page}`].filter(Boolean);
}

function beside(kept) {
  if (!kept?.judgements && !kept?.galleries) return null;
  return h("p", {}, `Beside: ${count(kept.judgements, "judgement")}, ${count(kept.galleries, "file")} of galleries.`);
}

function pageLink(run) {
  const href = `${BASE}/realsyn/pages/${DAG}/${encodeURIComponent(run.dag_run_id)}/plan`;
  return h("p", {}, h("a", { href, target: "_blank", rel: "noopener" }, "All that would go, as a page"));
}

/** Wait for what the dry run found. */
async function planOf(view, run) {
  const at = `/api/v2/dags/${DAG}/dagRuns/${encodeURIComponent(run.dag_run_id)}`;
  for (let look = 0; look < MOST && !view.signal.aborted; look += 1) {
    const { state } = await view.airflow("GET", at);
    if (state === "failed") throw new Error("the dry run failed; its log says why");
    if (state === "success") return planned(await view.airflow("GET", `${at}/taskInstances/plan/xcomEntries/return_value`));
    await new Promise((resolve) => setTimeout(resolve, EVERY));
  }
  throw new Error("it takes long; its run in Airflow says more");
}

/** The command's answer, which Airflow keeps as JSON. */
function planned({ value }) {
  let plan = value;
  while (typeof plan === "string") plan = JSON.parse(plan);
  return plan;
}
