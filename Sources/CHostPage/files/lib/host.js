// What the page knows of the host: the model, what is in the folder, what is loading, whether it answers.
import { ask, askIfThere, events, send } from "./api.js";
import { emit, on } from "./dom.js";

/** The last that was heard; `info` is null before the first answer. */
export const host = { info: null, models: [], settings: {}, isGone: false, isAdmin: true };

export const model = () => (host.info && host.info.model_name !== "None" ? host.info.model_name : null);
/** Architecture, plan and sizes of the model that is loaded. */
export const details = () => host.info?.details ?? null;

/** Whether a file of the folder is a tuned state, from which texts can begin, rather than a model. */
export const isTunedState = ({ refusals }) => refusals.some((text) => text.includes("a tuned state"));

let timer = 0, listening = null;

/** Begins to watch the host; the page's own settings are asked for once. */
export async function watch() {
  host.settings = (await askIfThere("/v1/internal/page")) ?? {};
  await refresh();
  listen();
}

/** Asks anew, now. */
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
  } catch { /* the notice says it */ }
  clearTimeout(timer);
  timer = setTimeout(refresh, host.isGone || host.info?.loading ? 700 : listening ? 20_000 : 4000);
}

/** Hears of changes as they happen; asking now and then serves where that fails. */
async function listen() {
  if (listening || document.hidden) return;
  const control = listening = new AbortController();
  try {
    const response = await send("/v1/internal/events", undefined, { signal: control.signal });
    for await (const { name } of events(response)) if (name !== "status") refresh();
  } catch { /* see above */ }
  if (listening === control) listening = null;
}

function answers(isThere) {
  if (host.isGone !== isThere) return;
  host.isGone = !isThere;
  emit("model");
  if (isThere) emit("host-back");
  watching();
}

/** Hidden tabs neither ask nor listen. */
function watching() {
  if (document.hidden) {
    listening?.abort();
    listening = null;
  } else {
    refresh();
    listen();
  }
}

on("host-gone", () => answers(false));
on("host-answered", () => answers(true));
document.addEventListener("visibilitychange", watching);
