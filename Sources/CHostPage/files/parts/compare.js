// One prompt on two models, or on one model in two ways: the texts side by side, with what each took.
import { ask, send } from "../lib/api.js";
import { fill, labelled, make, on } from "../lib/dom.js";
import { details, host, model, refresh } from "../lib/host.js";
import { line, number, speed, t, tokenCount } from "../lib/i18n.js";
import { fields } from "../lib/sampling.js";
import { meanBits } from "../lib/tokens.js";
import { attempt } from "./notice.js";

const load = (name, strategy) => send("/v1/internal/model/load", { model_name: name, args: strategy ? { rwkv_strategy: strategy } : undefined });
const unload = (name) => send("/v1/internal/model/unload", { model_name: name });

export function compareForm(place) {
  const prompt = make("textarea", { id: "compare-prompt", rows: 3, value: "Once upon a time" }), go = make("button.primary", t("Write both"));
  const sides = ["A", "B"].map((name) => ({
    name, choice: make("select", { id: `compare-${name}` }), result: make("div.result"),
    strategy: make("input", { id: `compare-plan-${name}`, placeholder: t("Strategy"), spellcheck: false, "aria-label": t("Strategy of {name}", { name }) }),
  }));
  const offer = () => sides.forEach(({ choice }) => {
    const before = choice.value || model(), names = host.models.filter(({ loader }) => loader).map(({ id }) => id);
    fill(choice, names.map((id) => make("option", { value: id }, id)));
    choice.value = names.includes(before) ? before : names[0] ?? "";
  });
  on("model", offer);
  offer();
  place.append(make("form.compare", { onsubmit: async (event) => {
    event.preventDefault();
    go.disabled = true;
    await compare(sides, prompt.value);
    go.disabled = false;
  } }, labelled(t("Prompt"), prompt), make("div.sides", sides.map(({ name, choice, strategy, result }) => make("section", { "aria-label": name },
    make("label", { for: choice.id }, name), choice, strategy, result))), go));
}

async function compare(sides, prompt) {
  const before = model(), plan = details()?.plan, seed = fields().seed ?? Math.floor(Math.random() * 1e9);
  for (const { choice: { value: name }, strategy, result } of sides) {
    fill(result, make("p.wait", t("Loading {name} …", { name })));
    if (!await attempt(result, () => write(name, strategy.value.trim(), result, prompt, seed))) result.querySelector(".wait")?.remove();
  }
  // What served before serves again, as it did.
  await attempt(sides[1].result, async () => {
    await refresh();
    if (model() === before && details()?.plan === plan) return;
    if (model()) await unload(model());
    if (before) await load(before, plan);
  });
  refresh();
}

async function write(name, strategy, result, prompt, seed) {
  await unload(name);
  await load(name, strategy);
  const { details } = await ask("/v1/internal/model/info"), began = performance.now();
  const { choices: [{ text, logprobs }], usage } = await ask("/v1/completions", { ...fields(), model: name, prompt, max_tokens: 120, seed, logprobs: 0 });
  const seconds = (performance.now() - began) / 1000, bits = meanBits(logprobs?.token_logprobs ?? []), count = usage.completion_tokens;
  fill(result, make("p.plain", make("span.soft", prompt), text), make("small", line(
    details?.plan, tokenCount(count), speed(count, seconds), bits !== undefined && t("{bits} bits a token", { bits: number(bits, 2) }))));
}
