// What a person says of a text, kept as a label.

import { ask, toast } from "../kit.js";

/** Ask which text is wrong, and keep it. */
export async function markWrong(view, item) {
  const columns = [...item.texts.map((row) => [row.name, `${row.name}: ${row.text}`])];
  if (item.pair.syn_text) columns.push(["syn_text", `synthetic: ${item.pair.syn_text}`]);
  const said = await ask({
    title: "Mark a text as wrong",
    text: "It stays in the dataset, and becomes a label that the next build’s relevance is measured against.",
    fields: [
      { name: "column", label: "Text", options: columns },
      { name: "judgement", label: "It is", options: [["wrong", "wrong"], ["partly", "partly right"], ["right", "right"], ["", "take a mark back"]] },
    ],
    submit: "Keep",
    act: (values) => view.act("mark_text", { ...values, build: item.build.split("/").pop(), shard: item.corpus_shard, image: item.id }),
  });
  if (said) toast("Kept as a label.");
}
