"use strict";
const boxes = Array.from(document.querySelectorAll("fieldset"));
const answered = () => boxes.filter((box) => box.querySelector("input:checked"));
const count = () => {
  document.getElementById("count").textContent = answered().length + " of " + boxes.length;
};
document.addEventListener("change", count);
document.getElementById("save").addEventListener("click", () => {
  const page = document.querySelector("main").dataset;
  const labels = answered().map((box) => ({
    image_id: box.dataset.image,
    text: box.dataset.text,
    judgement: box.querySelector("input:checked").value,
  }));
  const answers = {
    build: page.build,
    who: document.getElementById("who").value,
    seed: Number(page.seed),
    pairs: Number(page.pairs),
    of: page.of,
    labels: labels,
  };
  const link = document.createElement("a");
  const blob = new Blob([JSON.stringify(answers, null, 1)], { type: "application/json" });
  link.href = URL.createObjectURL(blob);
  link.download = "labels.json";
  link.click();
  URL.revokeObjectURL(link.href);
});
count();
