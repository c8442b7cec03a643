// Every key of the page in one table, which also makes the list that `?` shows.
import { $, click, fill, make } from "./dom.js";
import { t } from "./i18n.js";

const table = [];

// @param keys several with a space between; @param act gives false where the key meant nothing
export const key = (keys, text, act) => table.push([keys.split(" "), text, act]);

function nameOf({ key, code, ctrlKey, metaKey, altKey }) {
	const plain = altKey && /^(Key|Digit)/.test(code) ? code.at(-1) : key;
	return `${ctrlKey || metaKey ? "Ctrl+" : ""}${altKey ? "Alt+" : ""}${plain.length === 1 ? plain.toLowerCase() : plain}`;
}

const isTyping = ({ target }) => target.matches?.("input:not([type=checkbox], [type=range]), textarea, select");

document.onkeydown = (event) => {
	if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
	const name = nameOf(event), isPlain = !/\+.|Escape/.test(name);
	if (isPlain && isTyping(event)) return;
	if (table.some(([keys, , act]) => keys.includes(name) && act(event) !== false)) event.preventDefault();
};

function list() {
	fill("keys", table.map(([keys, text]) => [make("dt", keys.map((name) => make("kbd", name))), make("dd", t(text))]));
	$("keys-dialog").showModal();
}
key("?", "This list", list);
click("show-keys", list);
