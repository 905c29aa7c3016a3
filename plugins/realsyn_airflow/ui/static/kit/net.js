// Asking: the viewer's views and actions, and Airflow's own REST API, as the page's user.

/** What went wrong, in words for people; `status` is HTTP's, 0 where nothing answered. */
export class Refused extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** Airflow's own base path, "" or "/airflow": these pages are at BASE/realsyn/ui/. */
export const BASE = location.pathname.replace(/\/realsyn\/ui(\/.*)?$/, "");

/** The address of a view: for pictures. Lists repeat their name; null and "" are left out. */
export function address(name, params = {}) {
  return `${BASE}/realsyn/api/${encodeURIComponent(name)}${query(params)}`;
}

/** "?a=1&b=2" of an object. */
export function query(params = {}) {
  const words = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== null && each !== undefined && each !== "") words.append(key, String(each));
    }
  }
  const text = words.toString();
  return text ? `?${text}` : "";
}

/** Ask a view. */
export function api(name, params, signal) {
  return asked(address(name, params), { signal });
}

/** Do an action; who does it is Airflow's to say. */
export function act(name, body, signal) {
  return asked(`${BASE}/realsyn/act/${encodeURIComponent(name)}`, sent("POST", body, signal));
}

/** Call Airflow's REST API: airflow("POST", "/api/v2/dags/realsyn_build/dagRuns", {...}). */
export function airflow(method, path, body, signal) {
  return asked(`${BASE}${path}`, sent(method, body, signal));
}

const PAUSES = [1000, 4000]; // ms before a start that failed is tried again

/**
 * Start a run of a DAG; gives Airflow's record of it, with `dag_run_id`. A server that stumbles is
 * asked again: by its name it is one run, and where the first asking had made it, it is that one.
 */
export async function startRun(dag, conf, signal) {
  const path = `/api/v2/dags/${encodeURIComponent(dag)}/dagRuns`;
  const wanted = { dag_run_id: runName(conf), logical_date: null, conf };
  for (let tries = 0; ; tries += 1) {
    try {
      return await airflow("POST", path, wanted, signal);
    } catch (error) {
      if (tries && error.status === 409) return airflow("GET", `${path}/${encodeURIComponent(wanted.dag_run_id)}`, undefined, signal);
      if (tries === PAUSES.length || !stumbled(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSES[tries]));
    }
  }
}

function stumbled({ status }) {
  return status === 0 || status >= 500;
}

/** Name a run by what its form is about, and by when; no two have one name. */
function runName(conf) {
  const last = (uri) => String(uri ?? "").replace(/\/+$/, "").split("/").pop();
  const words = [conf.name || conf.scale || last(conf.build ?? conf.version ?? conf.versions), last(conf.crawl), new Date().toISOString()];
  return words.filter(Boolean).map((word) => String(word).replace(/[^A-Za-z0-9_.:-]+/g, "-").slice(0, 60)).join("__");
}

function sent(method, body, signal) {
  const headers = { "Content-Type": "application/json" };
  return body === undefined ? { method, signal } : { method, signal, headers, body: JSON.stringify(body) };
}

async function asked(url, options) {
  let response;
  try {
    response = await fetch(url, { credentials: "same-origin", redirect: "error", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused("Airflow's server does not answer. Is it running? Try again.", 0);
  }
  const said = await body(response);
  if (!response.ok) throw new Refused(words(said, response.status), response.status);
  return said;
}

async function body(response) {
  const text = await response.text();
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

const PLAIN = {
  401: "You are not signed in any more. Sign in to Airflow, then load this page again.",
  403: "Your Airflow user may not do this. Ask who runs Airflow for the right to trigger this DAG.",
  404: "There is no such thing.",
  409: "There is one already.",
  413: "That is too much at once.",
  502: "The viewer does not answer. It may be starting: try again in some seconds.",
  504: "That took too long. Ask for less, or try again.",
};

function words(said, status) {
  const detail = said?.error ?? said?.detail;
  if (status === 401 || (status === 403 && !said?.error)) return PLAIN[status];
  if (typeof detail === "string" && detail) return detail;
  if (Array.isArray(detail)) return detail.map(sentence).join("; ");
  if (detail?.reason) return `${detail.reason}`;
  return PLAIN[status] ?? `The server answered with ${status}. Its log may say why.`;
}

function sentence(item) {
  return [(item.loc ?? []).filter((part) => part !== "body").join("."), item.msg].filter(Boolean).join(": ");
}
