// The words and numbers of the page in its language. English texts are the keys; another language is a table of its own.
import { setting } from "./settings.js";

export const languages = { en: "English", fr: "Français" };
const wanted = [setting("language"), ...(navigator.languages ?? []).map((tag) => tag.slice(0, 2))];
export const language = wanted.find((tag) => Object.hasOwn(languages, tag)) ?? "en";
const rows = (language === "en" ? "" : (await import(`../${language}.js`)).default).trim().split("\n").map((line) => line.split(" = "));
const words = new Map(rows), begins = rows.filter(([key]) => key.endsWith("*"));
const translated = (key) => words.get(key) ?? begins.find(([begin]) => key.startsWith(begin.slice(0, -1)))?.[1] ?? key;

// t`${n} of ${all}`; a `|` parts the form for one from that for several, by the first value.
export function t(key, ...values) {
	const forms = translated(key.join?.("{}") ?? key).split(/(?<! )\|/), isOne = language === "fr" ? values[0] < 2 : values[0] === 1;
	let at = 0;
	return (isOne ? forms[0] : forms.at(-1)).replaceAll("{}", () => {
		const value = values[at++];
		return typeof value === "number" ? number(value) : value ?? "";
	});
}

function translatePage() {
	document.documentElement.lang = language;
	const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replace(/\S(.*\S)?/, (text) => t(text));
	for (const name of ["aria-label", "placeholder"]) {
		for (const element of document.querySelectorAll(`[${name}]`)) element.setAttribute(name, t(element.getAttribute(name)));
	}
}

translatePage();

export const number = (value, digits = 0) =>
	value.toLocaleString(language, { maximumFractionDigits: digits, minimumFractionDigits: digits });

export function bytes(count) {
	if (!Number.isFinite(count)) return "–";
	const unit = Math.min(4, Math.floor(Math.log2(Math.max(1, count)) / 10)), value = count / 1024 ** unit;
	return `${number(value, unit > 1 && value < 100 ? 1 : 0)} ${["B", "KiB", "MiB", "GiB", "TiB"][unit]}`;
}

export const percent = (share) => share > 0 && share < 0.001 ? `<${number(0.1, 1)} %`
	: `${number(100 * share, share < 0.0995 && share > 0 ? 1 : 0)} %`;

export const duration = (seconds) => seconds < 60 ? `${Math.max(1, Math.round(seconds))} s`
	: seconds < 3600 ? `${Math.round(seconds / 60)} min` : `${number(seconds / 3600, 1)} h`;

export function day(time) {
	const date = new Date(time), isToday = new Date().toDateString() === date.toDateString();
	return date.toLocaleString(language, isToday ? { hour: "2-digit", minute: "2-digit" } : { day: "numeric", month: "short" });
}

export const tokenCount = (n) => t`${n} token|${n} tokens`;
export const timeLeft = (seconds) => t`about ${duration(seconds)} left`;

export const line = (...facts) => facts.filter(Boolean).join(" · ");

// A token's text with what cannot be seen made visible.
export const shown = (text) => text.replace(/ /g, "␣").replace(/\n/g, "⏎").replace(/\t/g, "⇥").replace(/[\0-\x1f]/g, "␀") || "∅";
