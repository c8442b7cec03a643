// The words and numbers of the page in its language. English texts are the keys; another language is a table of its own.
import { setting } from "./settings.js";

export const languages = { en: "English", fr: "Français" };
const wanted = [setting("language"), ...(navigator.languages ?? []).map((tag) => tag.slice(0, 2))];
export const language = wanted.find((tag) => Object.hasOwn(languages, tag)) ?? "en";
const table = language === "en" ? "" : (await import(`../${language}.js`)).default;
const words = new Map(table.trim().split("\n").map((line) => line.split(" = ")));

/**
 * A text in the language of the page, with `{name}` replaced by values. A `|` parts the form for one from that for
 * several, by the value `n`.
 */
export function t(key, values = {}) {
  let text = words.get(key) ?? key;
  if (text.includes("|")) text = text.split("|")[(language === "fr" ? values.n < 2 : values.n === 1) ? 0 : 1];
  return text.replace(/\{(\w+)\}/g, (_, name) => (typeof values[name] === "number" ? number(values[name]) : values[name] ?? ""));
}

/** Translates the page's HTML: its texts, labels and placeholders. */
export function translatePage() {
  document.documentElement.lang = language;
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) texts.currentNode.data = t(texts.currentNode.data);
  for (const name of ["aria-label", "placeholder"]) {
    for (const element of document.querySelectorAll(`[${name}]`)) element.setAttribute(name, t(element.getAttribute(name)));
  }
}

export const number = (value, digits = 0) =>
  value.toLocaleString(language, { maximumFractionDigits: digits, minimumFractionDigits: digits });

export function bytes(count) {
  if (!Number.isFinite(count)) return "–";
  const unit = Math.min(4, Math.floor(Math.log2(Math.max(1, count)) / 10)), value = count / 1024 ** unit;
  return `${number(value, unit > 1 && value < 100 ? 1 : 0)} ${["B", "KiB", "MiB", "GiB", "TiB"][unit]}`;
}

export function percent(share) {
  if (share > 0 && share < 0.001) return `<${number(0.1, 1)} %`;
  return `${number(100 * share, share < 0.0995 && share > 0 ? 1 : 0)} %`;
}

export function duration(seconds) {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  return seconds < 3600 ? `${Math.round(seconds / 60)} min` : `${number(seconds / 3600, 1)} h`;
}

export function day(time) {
  const date = new Date(time), isToday = new Date().toDateString() === date.toDateString();
  return date.toLocaleString(language, isToday ? { hour: "2-digit", minute: "2-digit" } : { day: "numeric", month: "short" });
}

export const tokenCount = (n) => t("{n} token|{n} tokens", { n });
export const speed = (tokens, seconds) => tokens > 0 && seconds > 0 && t("{n}/s", { n: Math.round(tokens / seconds) });
export const timeLeft = (seconds) => t("about {time} left", { time: duration(seconds) });

/** Facts in one line; those that are not there are left out. */
export const line = (...facts) => facts.filter(Boolean).join(" · ");

/** A token's text with what cannot be seen made visible. */
export const shown = (text) => text.replace(/ /g, "␣").replace(/\n/g, "⏎").replace(/\t/g, "⇥").replace(/[\0-\x1f]/g, "␀") || "∅";
