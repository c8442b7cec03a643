// Tokens a second, as they come to this page: a line of the last fifteen seconds, and the number.
import { $, fill, on, t } from "../lib/ui.js";

export function drawLine(id, values, width, height) {
	const top = Math.max(10, ...values), points = values.map((value, at) =>
		`${((at * width) / (values.length - 1)).toFixed(1)},${(height - ((height - 2) * value) / top).toFixed(1)}`);
	$(id).firstElementChild.setAttribute("d", points[1] ? `M${points.join("L")}` : "");
}

const rates = Array(60).fill(0), ticks = [];
on("message-grown", ({ count }) => ticks.push([performance.now(), count]));
setInterval(() => {
	while (ticks[0]?.[0] < performance.now() - 1000) ticks.shift();
	const n = ticks.reduce((sum, [, count]) => sum + count, 0);
	if (document.hidden || !(n || rates.some(Boolean))) return;
	rates.push(n);
	rates.shift();
	drawLine("spark", rates, 120, 27);
	fill("rate", n ? t`${n} tokens/s` : t`idle`);
}, 250);
