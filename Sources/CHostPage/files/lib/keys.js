// Every key of the page in one table, which also makes the list that `?` shows.
import { $, fill, listen, make } from "./dom.js";
import { t } from "./i18n.js";

/** @type {[keys: string, text: string, act: (event: KeyboardEvent) => unknown][]} */
const table = [];

/** @param keys such as "?" or "Alt+1", several with a space between; @param act gives false where the key meant nothing */
export const key = (keys, text, act) => table.push([keys.split(" "), text, act]);

function nameOf({ key, code, ctrlKey, metaKey, altKey }) {
  const plain = altKey && /^(Key|Digit)/.test(code) ? code.at(-1) : key;
  return `${ctrlKey || metaKey ? "Ctrl+" : ""}${altKey ? "Alt+" : ""}${plain.length === 1 ? plain.toLowerCase() : plain}`;
}

/** Whether keys typed now belong to a field. */
const isTyping = ({ target }) => target.matches?.("input:not([type=checkbox], [type=range]), textarea, select");

export function watchKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
    const name = nameOf(event), isPlain = !/\+.|Escape/.test(name);
    if (isPlain && isTyping(event)) return;
    if (table.some(([keys, , act]) => keys.includes(name) && act(event) !== false)) event.preventDefault();
  });
  const list = () => {
    fill($("keys"), table.filter(([, text]) => text).map(([keys, text]) => [make("dt", keys.map((name) => make("kbd", name))), make("dd", t(text))]));
    $("keys-dialog").showModal();
  };
  key("?", "This list", list);
  listen("show-keys", "click", list);
}
