// The host: what it is doing, what it holds, how it was started; and the page's own language and colours.
import { $, address, askIfThere, bytes, chat, conversation, copyButton, current, details, duration, fields, fill, host, labelled, language, languages, line, make, model, number, on, select, set, setting, show, t } from "../lib/ui.js";
import { drawLine } from "../parts/rate.js";

let timer = 0;

const isOpen = () => address()[0] === "host" && !document.hidden;

const facts = (pairs) => pairs.filter(([, value]) => (value ?? "") !== "").map(([name, value]) => [make("dt", name), make("dd", String(value))]);

async function look() {
	clearTimeout(timer);
	if (!isOpen()) return;
	const status = await askIfThere("/v1/internal/status"), seconds = status?.tokens_per_second ?? [];
	drawNow(status, details());
	drawLine("host-chart", seconds, 600, 78);
	fill("host-chart-text", status &&
		t`${status.tokens_last_second} tokens/s now, ${Math.max(0, ...seconds)} at most, over ${Math.max(1, Math.round(seconds.length / 60))} min`);
	timer = setTimeout(look, 2000);
}

function drawNow(status, plan) {
	const { running, max_running: most, waiting, state_cache: cache, client_memory: memory, connections, uptime_seconds: uptime } = status ?? {};
	fill("host-now", facts([
		...(status ? [
			[t`Being written`, t`${running} of ${most} texts`],
			[t`Waiting`, number(waiting)],
			[t`Kept states`, line(bytes(cache.bytes), t`${cache.memory_hits + cache.folder_hits} found, ${cache.misses} not`)],
			[t`Memory of texts`, t`${bytes(memory.used)} of ${bytes(memory.limit)}`],
			[t`Connections`, number(connections)],
			[t`Running for`, duration(uptime)],
		] : []),
		[t`Model`, model() ?? t`none`],
		[t`Plan`, plan?.plan],
		...Object.entries(plan?.weight_bytes ?? {}).map(([device, count]) => [t`Weights on ${device}`, bytes(count)]),
		[t`State of a text`, plan && bytes(plan.state_bytes)],
		[t`Version`, host.settings.version],
	]));
}

function curl() {
	const messages = chat.path(), isText = chat.isText();
	const asked = messages.slice(0, messages.findLastIndex(({ role }) => role === "user") + 1);
	if (!asked.length) asked.push({ role: "user", text: $("input").value || "Once upon a time" });
	const said = isText ? { prompt: messages.at(-1)?.text ?? "Once upon a time" } : conversation(current.chat, asked);
	const body = JSON.stringify({ model: model() ?? "demo", ...said, stream: true, ...fields() }).replaceAll("'", "'\\''");
	return `curl ${location.origin}/v1/${isText ? "" : "chat/"}completions \\\n  -H 'Content-Type: application/json' \\\n  -d '${body}'`;
}

async function open() {
	if (!isOpen()) return;
	look();
	fill("curl", curl());
	const [extensions, settings] = await Promise.all(["extensions", "settings"].map((name) => askIfThere(`/v1/internal/${name}`)));
	const list = extensions?.extensions ?? [], value = (value) => typeof value === "object" ? JSON.stringify(value) : value;
	fill("host-extensions", list.length ? list.map(({ name, problem }) => make("li", line(name, problem)))
		: make("li.soft", t`None is switched on (--extensions).`));
	show("settings-section", settings);
	fill("host-settings", facts(Object.entries(settings?.settings ?? {}).map(([name, own]) => [name, value(own)])));
}

function applyTheme() {
	document.documentElement.dataset.theme = setting("theme") ?? "system";
	document.documentElement.classList.toggle("heat", setting("heat") === true);
}

fill("page-choices",
	labelled(t`Language`, select("language", language, Object.entries(languages), (value) => {
		set("language", value);
		location.reload();
	})),
	labelled(t`Colours`, select("theme", setting("theme") ?? "system", [["system", t`as the system`], ["light", t`light`], ["dark", t`dark`]],
		(value) => set("theme", value))));
$("curl").after(copyButton(() => $("curl").textContent));
on("setting", applyTheme);
applyTheme();
on("model", look);
on("known view", open);
document.addEventListener("visibilitychange", open);
