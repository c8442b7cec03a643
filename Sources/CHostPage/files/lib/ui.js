// What nearly every part needs, by one name.
export * from "./answer.js";
export * from "./api.js";
export { current } from "./chat.js";
export * as chat from "./chat.js";
export * from "./dom.js";
export * from "./host.js";
export * from "./i18n.js";
export { fields } from "./sampling.js";
export * from "./settings.js";
export * as store from "./store.js";
export * from "./tokens.js";
export * from "../parts/notice.js";
