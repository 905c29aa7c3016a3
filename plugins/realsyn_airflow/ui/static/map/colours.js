// What each entry of a legend is drawn in: series for names, a ramp for bands, grey for the rest.

const SERIES = 8;
// To be told from the series, on light and on dark (after Paul Tol).
const MORE = ["#aa4499", "#44aa99", "#999933", "#cc6677", "#6699cc", "#ee8866", "#8877cc"];
const RAMP = ["#3b0f70", "#5a167e", "#7a1f81", "#9b2e7f", "#bc3978", "#d9486a", "#ee6158", "#f98550", "#fdac5c", "#fcd47e"];

/** Colours of a column's legend, read from the page's tokens. */
export function colours(column, element) {
  const style = getComputedStyle(element);
  const token = (name) => style.getPropertyValue(name).trim();
  const rest = [token("--line"), token("--border")];
  const named = column.legend.filter((entry) => entry.asked !== null).length;
  return column.legend.map((entry, code) => {
    if (code >= named) return rest[Math.min(1, code - named)];
    if (column.ordered) return RAMP[code];
    return code < SERIES ? token(`--c${code + 1}`) : MORE[(code - SERIES) % MORE.length];
  });
}
