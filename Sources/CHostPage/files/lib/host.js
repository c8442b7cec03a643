// What the page knows of the host: the model, what is in the folder, what is loading, whether it answers.
import { ask, askIfThere, events, send } from "./api.js";
import { emit, on } from "./dom.js";

// `info` is null before the first answer.
export const host = { info: null, models: [], settings: {}, isGone: false, isAdmin: true };

export const model = () => host.info && host.info.model_name !== "None" ? host.info.model_name : null;
export const details = () => host.info?.details;

// Does something to a model: load, unload or cancel; without a strategy, the host chooses one.
export const control = (act, model_name, rwkv_strategy) =>
	send(`/v1/internal/model/${act}`, { model_name, args: rwkv_strategy ? { rwkv_strategy } : undefined });

let timer = 0, listening = null;

export async function watch() {
	host.settings = await askIfThere("/v1/internal/page") ?? {};
	await refresh();
}

export async function refresh() {
	clearTimeout(timer);
	if (document.hidden) return;
	try {
		const before = JSON.stringify([host.info, host.models]);
		host.info = await ask("/v1/internal/model/info");
		const list = await askIfThere("/v1/internal/model/list");
		host.isAdmin = list !== null;
		host.models = list?.models ?? [];
		if (JSON.stringify([host.info, host.models]) !== before) emit("model");
		listen();
	} catch { /* the notice says it */ }
	clearTimeout(timer);
	timer = setTimeout(refresh, host.isGone || host.info?.loading ? 700 : listening ? 20_000 : 4000);
}

// Hears of changes as they happen; asking now and then serves where that fails.
async function listen() {
	if (listening || document.hidden) return;
	const control = listening = new AbortController();
	try {
		const response = await send("/v1/internal/events", undefined, control);
		for await (const { name } of events(response)) if (name !== "status") refresh();
	} catch { /* see above */ }
	if (listening === control) listening = null;
}

function answers(isThere) {
	if (host.isGone !== isThere) return;
	host.isGone = !isThere;
	emit("model");
	if (isThere) emit("host-back");
	refresh();
}

on("host-gone", () => answers(false));
on("host-answered", () => answers(true));
// Hidden tabs neither ask nor listen.
document.addEventListener("visibilitychange", () => {
	if (!document.hidden) return refresh();
	listening?.abort();
	listening = null;
});
