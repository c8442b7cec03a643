// One prompt on two models, or on one model in two ways: the texts side by side, with what each took.
import { ask, attempt, control, details, facts, fields, fill, form, host, labelled, make, model, on, refresh, t } from "../lib/ui.js";

export function compareForm(place) {
	const prompt = make("textarea", { id: "compare-prompt", rows: 3, value: "Once upon a time" }), go = make("button.primary", t`Write both`);
	const sides = ["A", "B"].map((name) => ({
		name, choice: make("select", { id: `compare-${name}` }), result: make("div.result"),
		strategy: make("input", { id: `compare-plan-${name}`, placeholder: t`Strategy`, spellcheck: false, "aria-label": `${t`Strategy`} ${name}` }),
	}));
	const offer = () => {
		const names = host.models.filter(({ loader }) => loader).map(({ id }) => id);
		for (const { choice } of sides) {
			const before = choice.value || model();
			fill(choice, names.map((value) => make("option", { value }, value)));
			choice.value = names.includes(before) ? before : names[0] ?? "";
		}
	};
	on("model", offer);
	offer();
	place.append(form("compare", async () => {
		go.disabled = true;
		await compare(sides, prompt.value);
		go.disabled = false;
	}, labelled(t`Prompt`, prompt), make("div.sides", sides.map(({ name, choice, strategy, result }) => make("section", { "aria-label": name },
		make("label", { for: choice.id }, name), choice, strategy, result))), go));
}

async function compare(sides, prompt) {
	const before = model(), plan = details()?.plan, seed = fields().seed ?? Math.floor(Math.random() * 1e9);
	for (const { choice: { value: name }, strategy, result } of sides) {
		fill(result, make("p.wait", t`${name} is loading`));
		if (!await attempt(result, () => write(name, strategy.value.trim(), result, prompt, seed))) result.querySelector(".wait")?.remove();
	}
	// What served before serves again, as it did.
	await attempt(sides[1].result, async () => {
		await refresh();
		if (model() === before && details()?.plan === plan) return;
		if (model()) await control("unload", model());
		if (before) await control("load", before, plan);
	});
	refresh();
}

async function write(name, strategy, result, prompt, seed) {
	await control("unload", name);
	await control("load", name, strategy);
	const { details } = await ask("/v1/internal/model/info"), began = performance.now();
	const { choices: [{ text, logprobs }], usage } = await ask("/v1/completions", { ...fields(), model: name, prompt, max_tokens: 120, seed, logprobs: 0 });
	const seconds = (performance.now() - began) / 1000, written = usage.completion_tokens;
	const about = { role: "text", model: details?.plan, seconds, written, tokens: { ids: Array(written), logprobs: logprobs?.token_logprobs ?? [] } };
	fill(result, make("p.plain", make("span.soft", prompt), text), make("small", facts(about)));
}
