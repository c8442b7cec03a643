// What the model remembers: how far the last message moved it, layer by layer, and states by name.
import { ask } from "../lib/api.js";
import { promptOf } from "../lib/answer.js";
import * as chat from "../lib/chat.js";
import { $, button, debounce, emit, fill, go, listen, make, newID, on, show } from "../lib/dom.js";
import { details } from "../lib/host.js";
import { bytes, day, line, percent, t } from "../lib/i18n.js";
import { attempt, toast } from "./notice.js";

/** The message that states are compared with; null compares with the state before the last question. */
let baseline = null;

const prompt = (path) => promptOf(chat.current.chat, path);

const draw = debounce(250, async () => {
  const panel = $("state-panel"), path = chat.path(), last = path.at(-1);
  if (!show(panel, Boolean(details())) || !panel.open || !panel.offsetParent || chat.writing()) return;
  $("state-size").textContent = t("{size}, however long the text", { size: bytes(details().state_bytes) });
  const isAnswered = last?.role === "assistant" && last.text;
  $("state-save").disabled = $("state-fork").disabled = !isAnswered;
  if (!isAnswered) return rest(t("After an answer you see here how far it moved each layer."));
  const before = path.includes(baseline) ? path.slice(0, path.indexOf(baseline) + 1) : path.slice(0, -2);
  try {
    const { layers } = await ask("/v1/internal/state/summary", { prompt: await prompt(path), since: before.length ? await prompt(before) : undefined });
    drawBars(layers, before.length > 0);
  } catch ({ status, message }) { rest(status === 0 ? "" : message); }
});

function rest(text) {
  fill($("state-strip"));
  $("state-text").textContent = text;
}

function drawBars(layers, moved) {
  const shares = layers.map(({ rms, moved: far }) => (moved ? far / (rms || 1) : rms)), top = Math.max(...shares, 1e-9), n = shares.indexOf(top);
  const title = (share, n) => (moved ? t("layer {n}: moved by {share} of its size", { n, share: percent(share) }) : t("layer {n}: {size}", { n, size: share.toPrecision(3) }));
  fill($("state-strip"), shares.map((share, n) => make("i", { title: title(share, n), "--v": share / top })));
  $("state-strip").setAttribute("aria-label",
    moved ? t("State by layer; layer {n} moved most, by {share}", { n, share: percent(top) }) : t("State by layer"));
  $("state-text").textContent = !moved ? t("The size of each layer's state.")
    : baseline ? t("How far each layer moved since your baseline.") : t("How far each layer moved with the last question and answer.");
}

function list(...items) {
  fill($("state-list"), ...items);
  show($("state-list"), true);
}

/** Asks for a name, and keeps the state after the open conversation under it. */
function save() {
  const value = chat.current.chat.title.replace(/[^\w-]+/g, "-").slice(0, 40) || "state";
  const field = make("input", { value, "aria-label": t("Name of the state"), required: true, pattern: "[\\w.\\-]{1,64}" });
  list(make("li", make("form.row", { onsubmit: (event) => {
    event.preventDefault();
    attempt($("state-panel"), async () => {
      const name = field.value, session_id = `page-${newID()}`;
      await ask("/v1/completions", { prompt: `${await prompt(chat.path())}\n\n`, max_tokens: 0, logprobs: 0, session_id });
      await ask("/v1/internal/state/save", { name, session_id });
      show($("state-list"), false);
      toast(t("Saved: {name}. A chat can begin from it, whatever its length.", { name }));
    });
  } }, field, make("button.primary", t("Save")))));
  field.select();
}

async function load() {
  const { states } = await ask("/v1/internal/state/list", {});
  if (!states.length) return toast(t("No state has been saved for this model."));
  list(states.map(({ name, bytes: size, saved_at: saved }) => make("li", button(name, () => {
    chat.begin({ state: name, title: t("From {name}", { name }) });
    show($("state-list"), false);
    go("chat");
    toast(t("This chat goes on from the state {name}.", { name }));
  }, "quiet.wide"), make("small", line(bytes(size), day(saved * 1000))))));
}

export function watchState() {
  const act = (id, does) => listen(id, "click", () => attempt($("state-panel"), does));
  on("answer-done chat-opened path-changed model inspect", draw);
  listen("state-panel", "toggle", draw);
  act("state-save", save);
  act("state-load", load);
  act("state-fork", async () => emit("open-chat", await chat.fork(chat.last())));
  act("state-baseline", () => {
    baseline = baseline ? null : chat.last();
    $("state-baseline").setAttribute("aria-pressed", String(baseline !== null));
    draw();
  });
}
