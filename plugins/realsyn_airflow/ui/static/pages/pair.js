// One thing, found by any of its names: what became of it, why, and its whole way.

import { button, card, empty, fill, h, shown, say } from "../kit.js";
import { answerCard, duplicates, neighbours, pagePictures } from "../pair/answer.js";
import { candidates, pictureCard, synthesis } from "../pair/picture.js";
import { timeline } from "../pair/timeline.js";

export const page = {
  path: "pair",
  title: "Look up",
  style: true,
  async open(view, params) {
    const box = h("div", { "aria-live": "polite" });
    view.root.append(search(view, params), box);
    const key = params.id ?? params.key ?? "";
    if (!key) {
      fill(box, empty("Name something", "A URL as you have it, the SHA-256 or MD5 of a picture, the key of a sample, an id, or a sentence."));
      return;
    }
    const asked = { key, build: params.build, version: version(params) };
    await shown(box, () => view.api("item", asked), (item) => whole(view, params, item));
  },
};

/** A version's own name: the address may have its dataset before it. */
function version(params) {
  return params.version ? String(params.version).split("/").pop() : "";
}

function search(view, params) {
  const input = h("input", {
    type: "search", name: "id", id: "pair-key", value: params.id ?? "", autocomplete: "off", spellcheck: "false",
    placeholder: "https://site.example/picture.jpg",
  });
  const go = (event) => {
    event.preventDefault();
    if (input.value.trim()) view.go("pair", { id: input.value.trim() });
  };
  return h("form", { class: "pair-search", role: "search", onsubmit: go },
    h("label", { for: "pair-key" }, "Why isn’t this there?"),
    h("div", { class: "row" }, input, button("Look", null, { kind: "primary", type: "submit" })),
    h("p", { class: "hint" }, "A URL, a digest of a picture, a sample’s key, any id, a sentence or a piece of one."));
}

function whole(view, params, item) {
  const title = item.id || item.asked;
  view.title(`${title.slice(0, 24)} · ${item.state}`);
  say(item.verdict);
  return h("div", { class: "pair" },
    answerCard(view, params, item),
    item.page && pictureCard(view, item),
    item.pictures.length > 0 && pagePictures(view, item),
    item.steps.length > 0 && card("Its whole way", { note: "from the crawl’s record on; open a step for all that is known of it" }, timeline(item.steps)),
    item.candidates?.length > 0 && candidates(view, item),
    item.synthetic?.answer || item.synthetic?.refused?.length ? synthesis(item) : null,
    item.groups.length > 0 && duplicates(view, item),
    neighbours(view, item));
}
