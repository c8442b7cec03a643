// The host: what it is doing, what it holds, how it was started; and the page's own language and colours.
import { conversation } from "../lib/answer.js";
import { askIfThere } from "../lib/api.js";
import * as chat from "../lib/chat.js";
import { $, fill, labelled, make, on, select, show } from "../lib/dom.js";
import { details, host, model } from "../lib/host.js";
import { bytes, duration, language, languages, line, number, t } from "../lib/i18n.js";
import { fields } from "../lib/sampling.js";
import { set, setting } from "../lib/settings.js";
import { kindOf } from "../lib/store.js";
import { copyButton } from "../parts/notice.js";
import { points } from "../parts/rate.js";

let timer = 0;

const isOpen = () => location.hash === "#host" && !document.hidden;

/** Names with their values; those without one are left out. */
const facts = (pairs) => pairs.filter(([, value]) => value !== undefined && value !== null && value !== "")
  .map(([name, value]) => [make("dt", name), make("dd", String(value))]);

async function look() {
  clearTimeout(timer);
  if (!isOpen()) return;
  const status = await askIfThere("/v1/internal/status"), model = details(), seconds = status?.tokens_per_second ?? [];
  drawNow(status, model);
  $("host-chart").firstElementChild.setAttribute("d", points(seconds, 600, 78));
  $("host-chart-text").textContent = status ? t("{now} tokens/s now, {top} at most, over {n} min", {
    now: status.tokens_last_second, top: Math.max(0, ...seconds), n: Math.max(1, Math.round(seconds.length / 60)),
  }) : "";
  timer = setTimeout(look, 2000);
}

function drawNow(status, plan) {
  const { running, max_running: most, waiting, state_cache: cache, client_memory: memory, connections, uptime_seconds: uptime } = status ?? {};
  fill($("host-now"), facts([
    ...(status ? [
      [t("Being written"), t("{n} of {most} texts", { n: running, most })],
      [t("Waiting"), number(waiting)],
      [t("Kept states"), line(bytes(cache.bytes), t("{hits} found, {misses} not", { hits: cache.memory_hits + cache.folder_hits, misses: cache.misses }))],
      [t("Memory of texts"), t("{used} of {limit}", { used: bytes(memory.used), limit: bytes(memory.limit) })],
      [t("Connections"), number(connections)],
      [t("Running for"), duration(uptime)],
    ] : []),
    [t("Model"), model() ?? t("none")],
    [t("Plan"), plan?.plan],
    ...Object.entries(plan?.weight_bytes ?? {}).map(([device, count]) => [t("Weights on {device}", { device }), bytes(count)]),
    [t("State of a text"), plan && bytes(plan.state_bytes)],
    [t("Version"), host.settings.version],
  ]));
}

/** What was just done on the page, or is about to be, for a terminal. */
function curl() {
  const { current: { chat: record }, path } = chat, messages = path(), isText = kindOf(record) === "text";
  const asked = messages.slice(0, messages.findLastIndex(({ role }) => role === "user") + 1);
  if (!asked.length) asked.push({ role: "user", text: $("input").value || "Once upon a time" });
  const said = isText ? { prompt: messages.at(-1)?.text ?? "Once upon a time" } : conversation(record, asked);
  const body = JSON.stringify({ model: model() ?? "demo", ...said, stream: true, ...fields() }).replaceAll("'", "'\\''");
  return `curl ${location.origin}/v1/${isText ? "" : "chat/"}completions \\\n  -H 'Content-Type: application/json' \\\n  -d '${body}'`;
}

async function open() {
  if (!isOpen()) return;
  look();
  $("curl").textContent = curl();
  const [extensions, settings] = await Promise.all(["extensions", "settings"].map((name) => askIfThere(`/v1/internal/${name}`)));
  const list = extensions?.extensions ?? [], value = (value) => (typeof value === "object" ? JSON.stringify(value) : value);
  fill($("host-extensions"), list.length ? list.map(({ name, problem }) => make("li", line(name, problem)))
    : make("li.soft", t("None is switched on (--extensions).")));
  show($("settings-section"), Boolean(settings));
  fill($("host-settings"), facts(Object.entries(settings?.settings ?? {}).map(([name, own]) => [name, value(own)])));
}

export function applyTheme() {
  document.documentElement.dataset.theme = setting("theme") ?? "system";
  document.documentElement.classList.toggle("heat", setting("heat") === true);
}

export function watchHost() {
  const themes = [["system", t("as the system")], ["light", t("light")], ["dark", t("dark")]];
  fill($("page-choices"),
    labelled(t("Language"), select("language", language, Object.entries(languages), (value) => {
      set("language", value);
      location.reload();
    })),
    labelled(t("Colours"), select("theme", setting("theme") ?? "system", themes, (value) => set("theme", value))));
  $("curl").after(copyButton(() => $("curl").textContent));
  on("setting", applyTheme);
  on("model", () => { if (isOpen()) look(); });
  addEventListener("hashchange", open);
  document.addEventListener("visibilitychange", open);
  open();
}
