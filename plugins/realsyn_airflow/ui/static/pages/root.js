import { card, name, shown, state, table, h } from "../kit.js";

export const page = {
  path: "root",
  title: "Crawls",
  async open(view) {
    const crawls = h("div");
    view.root.append(card("Crawls", {}, crawls));
    await shown(crawls, () => view.api("crawls"), (answer) => table(
      [
        { key: "name", title: "Crawl", render: (row) => h("span", { title: row.crawl }, name(row.crawl)) },
        { key: "state", title: "State", render: (row) => state(row.state) },
        { key: "why", title: "Why", wide: true },
      ],
      answer.crawls,
      { caption: "Crawls by state", sort: ["name", "up"], none: "No crawl has arrived in this root." },
    ));
  },
};
