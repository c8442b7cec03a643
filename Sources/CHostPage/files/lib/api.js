// Requests to the host, with errors that say what to do next.
import { emit } from "./dom.js";
import { t } from "./i18n.js";
import { set, setting } from "./settings.js";

/** What the host, or the way to it, says against a request; `status` is 0 where it did not answer at all. */
export class HostError extends Error {
  constructor(message, { status = 0, code = null, param = null } = {}) {
    super(message);
    Object.assign(this, { status, code, param });
  }
}

/** The tab's own storage, where a browser gives any. */
function ofTab(act) {
  try { return act(sessionStorage); } catch { return null; }
}

const name = "modelhost.key";
let key = setting("key") ?? ofTab((storage) => storage.getItem(name)) ?? "";

/** Presents a key from now on; it is kept for this tab, or where that is wanted for this browser. */
export function setKey(value, keeps) {
  key = value;
  set("key", keeps && value ? value : undefined);
  ofTab((storage) => storage.setItem(name, value));
}

/**
 * Sends a request and gives its response; a body makes it a POST.
 * @throws {HostError} also for a host that does not answer; an AbortError stays one.
 */
export async function send(path, body, { signal, method = body === undefined ? "GET" : "POST" } = {}) {
  const headers = key ? { Authorization: `Bearer ${key}` } : {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const response = await orGone(fetch(path, { method, headers, signal, body: JSON.stringify(body) }));
  emit("host-answered");
  if (response.ok) return response;
  const { error } = await response.json().catch(() => ({}));
  if (response.status === 401) emit("key-wanted");
  throw failure(error, response.status);
}

export const ask = async (...request) => orGone((await send(...request)).json());

/** The answer of a route that this host may not have, or may not give; null then. */
export const askIfThere = (path) => ask(path).catch(() => null);

async function orGone(promise) {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof HostError || error.name === "AbortError") throw error;
    emit("host-gone");
    throw new HostError(t("The host does not answer. Start modelhost again; your text is kept, and nothing has to be typed twice."));
  }
}

function failure(error, status) {
  let message = error?.message ?? t("The host refused this with status {status}.", { status: String(status) });
  if (status === 401) message = t("This host wants a key. Enter it above.");
  if (status === 429) message = t("The host is busy: its queue is full. Try again in a moment.");
  if (error?.code === "model_loading") message += ` ${t("Try again when it is ready.")}`;
  return new HostError(message, { ...error, status });
}

/** The events of a stream, each parsed. A stream that breaks off is a host that went. */
export async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value } = await orGone(reader.read().then((read) => (read.done ? Promise.reject(new Error("cut")) : read)));
      const parts = (rest + value).split("\n\n");
      rest = parts.pop();
      for (const part of parts) {
        const data = part.match(/^data: ?(.*)$/m)?.[1], name = part.match(/^event: ?(.*)$/m)?.[1];
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
