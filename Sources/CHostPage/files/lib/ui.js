// What nearly every part needs, by one name: elements, words, and small choices.
export * from "./dom.js";
export * from "./i18n.js";
export * from "./settings.js";
