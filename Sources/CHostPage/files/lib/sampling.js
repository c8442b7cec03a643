// The knobs of sampling: what they are called, how far they go, and the value at which each does nothing. The host says
// which there are; the page only knows which of them are always shown.
import { askIfThere } from "./api.js";
import { emit } from "./dom.js";
import { host } from "./host.js";
import { t } from "./i18n.js";
import { set, setting } from "./settings.js";

const main = (name, label, high, step, neutral, more) => ({ name, label, low: 0, high, step, neutral, slides: high, kind: "number", isMain: true, ...more });
const text = (name, label, hint, more) => ({ name, label, hint, read: String, kind: "text", isLong: !more, ...more });

export const knobs = [
	main("temperature", "Temperature", 2, 0.05, 1),
	main("top_p", "Top-p", 1, 0.01, 1),
	main("min_p", "Min-p", 1, 0.01, 0),
	main("top_k", "Top-k", 200, 1, 0),
	main("repetition_penalty", "Repetition penalty", 2, 0.01, 1),
	main("max_tokens", "Longest answer", 1e6, 1, 512, { low: 1, slides: null }),
	text("seed", "Seed", "empty: another text each time", { read: (text) => text.trim() ? Number(text) : undefined, check: /^\s*\d{0,15}\s*$/ }),
	text("stop", "Stop at", "one a line; \\n is a line end",
		{ read: (text) => text.split("\n").map((line) => line.replaceAll("\\n", "\n")).filter(Boolean), isLong: true }),
	text("negative_prompt", "Guide away from", "with guidance above 1"),
	text("grammar", "Grammar (GBNF)", "root ::= \"yes\" | \"no\""),
	text("regex", "Regular expression", "\\d{4}-\\d{2}", { isLong: false }),
];

export async function loadKnobs() {
	for (const { name, type, minimum: low, maximum: high, default: own, neutral = own, help } of (await askIfThere("/v1/internal/sampling"))?.knobs ?? []) {
		const said = { low, high, neutral: own ?? neutral, help }, known = knobs.find((knob) => knob.name === name), isWhole = type === "integer";
		const made = { name, label: name.replaceAll("_", " "), kind: type === "boolean" ? "switch" : "number", step: isWhole ? 1 : "any" };
		// An empty text follows the host.
		if (known) Object.assign(known, known.kind === "text" ? { help } : said);
		else if (["boolean", "number"].includes(type) || (isWhole && low !== undefined)) knobs.push({ ...made, ...said });
	}
}

const own = (name) => {
	const value = setting(`sampling.${name}`);
	return value === "" ? undefined : value;
};

export const value = ({ name, neutral }) => own(name) ?? { max_tokens: host.settings.max_tokens, ...host.settings.sampling }[name] ?? neutral;

export const setValue = (name, next) => set(`sampling.${name}`, next);

// Why a value cannot be taken, or null.
export function problem({ kind, low = -Infinity, high = Infinity, check = /^/ }, value) {
	if (kind === "number") return value > high ? t`at most ${String(high)}` : value >= low ? null : t`at least ${String(low)}`;
	return check.test(value ?? "") ? null : t`a whole number`;
}

const names = () => [...knobs.map(({ name }) => name), "preset"];

export function fields() {
	const found = share();
	for (const knob of knobs) {
		const { name, kind, read } = knob;
		if (kind === "text" && name in found) found[name] = read(String(found[name]));
		else if (problem(knob, found[name])) delete found[name];
	}
	return found;
}

export const share = () => Object.fromEntries(names().map((name) => [name, own(name)]).filter(([, value]) => value !== undefined));

export function adopt(values) {
	for (const name of names()) setValue(name, values[name] ?? undefined);
	emit("sampling-replaced");
	return Object.keys(values).filter((name) => !names().includes(name));
}
