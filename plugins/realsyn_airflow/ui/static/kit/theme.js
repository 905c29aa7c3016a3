// Light or dark: as Airflow's own switch says, else as the system does.

const KEY = "theme"; // of Airflow's UI in the browser's storage: light, dark or system

/** Follow Airflow's switch from now on. */
export function followTheme() {
  apply();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", apply);
  addEventListener("storage", apply);
  const frame = outer();
  if (frame) new MutationObserver(apply).observe(frame, { attributes: true, attributeFilter: ["class", "style", "data-theme"] });
}

/** Say whether the page is dark now. */
export function isDark() {
  return document.documentElement.dataset.theme === "dark";
}

/** Switch, where the pages are opened by themselves. */
export function switchTheme() {
  localStorage.setItem(KEY, isDark() ? "light" : "dark");
  apply();
}

/** Airflow's page around this one, if there is one that may be looked at. */
export function outer() {
  try {
    return window.parent === window ? null : window.parent.document.documentElement;
  } catch {
    return null;
  }
}

function apply() {
  document.documentElement.dataset.theme = chosen();
  document.dispatchEvent(new CustomEvent("realsyn:theme"));
}

function chosen() {
  const around = outer();
  if (around?.classList.contains("dark")) return "dark";
  if (around?.classList.contains("light")) return "light";
  const stored = localStorage.getItem(KEY);
  if (stored === "dark" || stored === "light") return stored;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}
