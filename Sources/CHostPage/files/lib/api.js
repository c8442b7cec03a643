// Requests to the host, with errors that say what to do next.
import { emit } from "./dom.js";
import { t } from "./i18n.js";
import { set, setting } from "./settings.js";

// `status` is 0 where the host did not answer at all.
class HostError extends Error {
	constructor(message, { status = 0, code, param } = {}) {
		Object.assign(super(message), { status, code, param });
	}
}

function ofTab(act) {
	try { return act(sessionStorage); } catch { return null; }
}

const name = "modelhost.key";
let key = setting("key") ?? ofTab((storage) => storage.getItem(name)) ?? "";

export function setKey(value, keeps) {
	key = value;
	set("key", keeps && value ? value : undefined);
	ofTab((storage) => storage.setItem(name, value));
}

// A body makes it a POST.
// @throws {HostError} also for a host that does not answer; an AbortError stays one.
export async function send(path, body, { signal, method = body ? "POST" : "GET" } = {}) {
	const headers = key ? { Authorization: `Bearer ${key}` } : {};
	if (body) headers["Content-Type"] = "application/json";
	const response = await orGone(fetch(path, { method, headers, signal, body: JSON.stringify(body) })), { ok, status } = response;
	emit("host-answered");
	if (ok) return response;
	if (status === 401) emit("key-wanted");
	throw failure((await response.json().catch(() => ({}))).error, status);
}

export const ask = async (...request) => orGone((await send(...request)).json());

// Null where the host does not have the route, or may not give it.
export const askIfThere = (path) => ask(path).catch(() => null);

async function orGone(promise) {
	try {
		return await promise;
	} catch (error) {
		if (error instanceof HostError || error.name === "AbortError") throw error;
		emit("host-gone");
		throw new HostError(t`The host does not answer. If it has ended, start it again; your text is kept.`);
	}
}

function failure(error, status) {
	let message = error?.message ?? t`The host refused this with status ${String(status)}.`;
	if (status === 401) message = t`This host wants a key`;
	if (status === 429) message = t`The host is busy: its queue is full. Try again in a moment.`;
	if (error?.code === "model_loading") message += " " + t`Try again when it is ready.`;
	return new HostError(message, { ...error, status });
}

// A stream that breaks off is a host that went.
export async function* events(response) {
	const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
	let rest = "";
	try {
		for (;;) {
			const { value } = await orGone(reader.read().then((read) => read.done ? Promise.reject(new Error("cut")) : read));
			const parts = (rest + value).split("\n\n");
			rest = parts.pop();
			for (const part of parts) {
				const [data, name] = ["data", "event"].map((field) => part.match(RegExp(`^${field}: ?(.*)$`, "m"))?.[1]);
				if (data === "[DONE]" || name === "end") return;
				if (!data) continue;
				const event = JSON.parse(data);
				if (event.error?.message) throw failure(event.error, event.error.status ?? 500);
				yield { name, ...event };
			}
		}
	} finally {
		reader.cancel().catch(() => {});
	}
}
