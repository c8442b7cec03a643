// The knobs of sampling: what they are called, how far they go, and the value at which each does nothing. The host says
// which there are; the page only knows which of them are always shown.
import { askIfThere } from "./api.js";
import { emit } from "./dom.js";
import { host } from "./host.js";
import { set, setting } from "./settings.js";

const main = (name, label, high, step, neutral, more) => ({ name, label, low: 0, high, step, neutral, slides: high, kind: "number", isMain: true, ...more });
const text = (name, label, hint, more) => ({ name, label, hint, read: String, kind: "text", ...more });

export const knobs = [
	main("temperature", "Temperature", 2, 0.05, 1),
	main("top_p", "Top-p", 1, 0.01, 1),
	main("min_p", "Min-p", 1, 0.01, 0),
	main("top_k", "Top-k", 200, 1, 0),
	main("repetition_penalty", "Repetition penalty", 2, 0.01, 1),
	main("max_tokens", "Longest answer", 1e6, 1, 512, { low: 1, slides: null }),
];

const texts = [
	text("seed", "Seed", "empty: another text each time", { read: (text) => text.trim() ? Number(text) : undefined, check: /^\s*\d{0,15}\s*$/ }),
	text("stop", "Stop at", "one a line; \\n is a line end",
		{ read: (text) => text.split("\n").map((line) => line.replaceAll("\\n", "\n")).filter(Boolean), isLong: true }),
	text("negative_prompt", "Guide away from", "with guidance above 1", { isLong: true }),
	text("grammar", "Grammar (GBNF)", "root ::= \"yes\" | \"no\"", { isLong: true }),
	text("regex", "Regular expression", "\\d{4}-\\d{2}"),
];

export async function loadKnobs() {
	for (const { name, type, minimum: low, maximum: high, default: own, neutral = own, help } of (await askIfThere("/v1/internal/sampling"))?.knobs ?? []) {
		const known = { low, high, neutral: own ?? neutral, help }, old = knobs.find((knob) => knob.name === name), label = name.replaceAll("_", " ");
		if (old) Object.assign(old, known);
		else if (type === "boolean") knobs.push({ name, label, kind: "switch", ...known });
		else if (type === "number" || (type === "integer" && low !== undefined)) {
			knobs.push({ name, label, kind: "number", step: type === "integer" ? 1 : "any", ...known });
		}
	}
	knobs.push(...texts);
}

const own = (name) => {
	const value = setting(`sampling.${name}`);
	return value === "" ? undefined : value;
};

export function value({ name, neutral }) {
	const { max_tokens, sampling } = host.settings;
	return own(name) ?? { max_tokens, ...sampling }[name] ?? neutral;
}

export const setValue = (name, next) => set(`sampling.${name}`, next);

export const isRight = ({ low = -Infinity, high = Infinity }, number) => Number.isFinite(number) && number >= low && number <= high;

const names = () => [...knobs.map(({ name }) => name), "preset"];

export function fields() {
	const found = share();
	for (const knob of [...knobs, ...texts]) {
		const said = own(knob.name);
		if (said !== undefined && knob.kind === "text") found[knob.name] = knob.read(String(said));
		else if (knob.kind === "number" && !isRight(knob, said)) delete found[knob.name];
	}
	return found;
}

export const share = () => Object.fromEntries(names().map((name) => [name, own(name)]).filter(([, value]) => value !== undefined));

export function adopt(values) {
	for (const name of names()) setValue(name, values[name] ?? undefined);
	emit("sampling-replaced");
	return Object.keys(values).filter((name) => !names().includes(name));
}
