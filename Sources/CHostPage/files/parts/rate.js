// Tokens a second, as they come to this page: a line of the last fifteen seconds, and the number.
import { $, on } from "../lib/dom.js";
import { t } from "../lib/i18n.js";

/** Values as the path of a line in a box. */
export const points = (values, width, height) => values.length < 2 ? "" : `M${values.map((value, at) => {
  const x = (at * width) / (values.length - 1), y = height - ((height - 2) * value) / Math.max(10, ...values);
  return `${x.toFixed(1)},${y.toFixed(1)}`;
}).join("L")}`;

export function watchRate() {
  const rates = Array(60).fill(0), ticks = [];
  on("message-grown", ({ count }) => ticks.push([performance.now(), count]));
  setInterval(() => {
    while (ticks[0]?.[0] < performance.now() - 1000) ticks.shift();
    const n = ticks.reduce((sum, [, count]) => sum + count, 0);
    if (document.hidden || !(n || rates.some(Boolean))) return;
    rates.push(n);
    rates.shift();
    $("spark").firstElementChild.setAttribute("d", points(rates, 120, 27));
    $("rate").textContent = n ? t("{n} tokens/s", { n }) : t("idle");
  }, 250);
}
