// What may be done with a pair: to mark its texts, to look for others like a picture.

import { ask, h } from "../kit.js";
import { addressOf } from "./cards.js";

const NAMES = { text1: "Text 1", text2: "Text 2", text3: "Text 3", syn_text: "Synthetic text" };
const CHOICES = [["", "not judged"], ["right", "right: true of what is pictured"], ["partly", "partly: of the topic, but vague or off in a detail"], ["wrong", "wrong"]];

/** Ask for judgements of all texts of a pair; gives the marks there are then. */
export async function mark(view, row, source) {
  const known = Object.keys(NAMES).filter((name) => row[name]);
  const before = Object.fromEntries(known.map((name) => [name, mine(view, row, name)]));
  return ask({
    title: "Do these texts fit the picture?",
    text: "Kept as labels that relevance is measured against.",
    fields: known.map((name) => ({ name, label: `${NAMES[name]}: ${row[name]}`, options: CHOICES, value: before[name] })),
    submit: "Keep",
    act: async (chosen) => {
      let marks = row.marks;
      for (const name of known.filter((each) => chosen[each] !== before[each])) {
        marks = await marked(view, row, source, name, chosen[name]);
      }
      return marks;
    },
  });
}

/** What this user has said of a text. */
function mine(view, row, name) {
  return (row.marks[name] ?? []).find((each) => each.who === view.session.user)?.judgement ?? "";
}

/** Keep one judgement; gives the marks there are then. */
export async function marked(view, row, source, column, judgement) {
  const { marks } = await view.act("mark_text", { ...addressOf(row, source), image: row.image_id, column, judgement });
  return marks;
}

const SIDE = 256; // px, of what is sent

/** A picture file as a small JPEG in base64. */
export async function small(file) {
  const whole = await createImageBitmap(file);
  const scale = Math.min(1, SIDE / Math.max(whole.width, whole.height));
  const canvas = h("canvas", { width: Math.max(1, Math.round(whole.width * scale)), height: Math.max(1, Math.round(whole.height * scale)) });
  const pen = canvas.getContext("2d");
  pen.fillStyle = "white";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(whole, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/jpeg", 0.85).split(",")[1];
}
