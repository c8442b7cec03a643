// Where each layer of a model is, and in which numbers: a cell a layer, and one for the head.
import { make, t } from "../lib/ui.js";

const most = 48;

// The layers and the head of a plan in words, such as `cpu fp32 *3 -> cuda fp16i8 streamed *4`.
export const cells = (plan) => plan.split("->").flatMap((stage) => {
	const [, device, format, streamed, count = 1] = stage.trim().match(/^(\S+) (\S+?)( streamed)?(?: \*(\d+))?$/) ?? [];
	return device ? Array(Number(count)).fill({ device, format, streamed }) : [];
});

const colour = (format) => format.match(/i8|i4/)?.[0] ?? format;

export function planStrip(list, label) {
	const layers = list.length - 1, each = Math.max(1, Math.ceil(layers / most)), shown = [];
	for (let from = 0; from < layers; from += each) {
		const to = Math.min(from + each, layers) - 1;
		shown.push([list[from], from === to ? t`layer ${from}` : t`layers ${from} to ${to}`]);
	}
	shown.push([list.at(-1), t`head`]);
	return make("span.strip", { role: "img", "aria-label": label, "--n": shown.length }, shown.map(([{ device, format, streamed }, place], at) => make(
		`i.${colour(format)}${at === shown.length - 1 ? ".head" : ""}${streamed ? ".streamed" : ""}${device.startsWith("cuda") ? ".cuda" : ""}`,
		{ title: `${place}: ${device} ${format}${streamed ? ` (${t`streamed`})` : ""}` },
	)));
}

export const planWithLegend = (list, plan) => [planStrip(list, t`Plan: ${plan}`), make("span.legend",
	[...new Set(list.map(({ format }) => format))].map((format) => [make(`i.k.${colour(format)}`), format]))];
