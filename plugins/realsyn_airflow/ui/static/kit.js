// All that pages are made of: import { h, table, state } from "../kit.js".

export * from "./kit/dom.js";
export * from "./kit/format.js";
export * from "./kit/net.js";
export * from "./kit/table.js";
export * from "./kit/theme.js";
export * from "./kit/widgets.js";
