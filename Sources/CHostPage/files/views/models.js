// Everything in the model folder, what is wrong with what cannot be loaded, and how to load the rest.
import { $, address, announce, ask, attempt, button, bytes, control, debounce, details, emit, fail, failure, fill, form, go, hasFocus, host, labelled, line, make, model, on, percent, progress, refocus, refresh, set, setting, soft, t, timeLeft } from "../lib/ui.js";
import { compareForm } from "../parts/compare.js";
import { cells, planWithLegend } from "../parts/plan.js";
import { pullForm } from "../parts/pull.js";

const recipes = () => make("ul.recipes",
	make("li", t`an RWKV .pth file, with 20B_tokenizer.json or rwkv_vocab_v20230424.txt beside it`),
	make("li", t`a Hugging Face folder with config.json, tokenizer.json and .safetensors or .bin weights`));

export function withoutModel() {
	const ready = host.models.filter(({ state }) => state === "available"), { id } = ready.find(({ id }) => id === "demo") ?? ready[0] ?? {};
	const all = button(t`See all models`, () => go("models"));
	if (!id) {
		return [make("h2", t`No model yet`), soft(t`Put one of these into the models/ folder; it shows up here by itself.`),
			recipes(), make("div.tries", all)];
	}
	return [make("h2", t`No model is loaded`),
		id === "demo" && soft(t`The demo comes with the host: it knows a few facts and writes stories.`),
		make("div.tries", button(t`Load ${id}`, () => load(id), "primary"), all), failure(failures.get(id))];
}

const cards = new Map();
let began = 0;

// What went wrong with a model, until something else is done with it, or another client has loaded it.
const failures = new Map();
const isReady = (name) => host.models.some(({ id, state }) => id === name && state === "ready");

async function act(what, name, strategy) {
	const error = await control(what, name, strategy).then(() => null, (error) => error);
	await refresh();
	if (error) failures.set(name, Object.assign(error, { wasReady: isReady(name) }));
	else if (what !== "cancel") failures.delete(name);
	emit("model");
	// A card that is worked in was not drawn again.
	if (cards.has(name)) fail(cards.get(name), failures.get(name));
	return error === null;
}

async function load(name, strategy) {
	began = performance.now();
	setTimeout(refresh, 100);
	if (!await act("load", name, strategy)) return;
	if (strategy) set(`strategy.${name}`, strategy);
	announce(t`${name} is ready.`);
	if (address()[0] !== "models") $("input").focus();
}

function card({ id, state, kind, weight_bytes: size, architecture, loader, refusals }) {
	const isLoaded = state === "ready", isCurrent = host.info?.model_name === id, plan = isLoaded && isCurrent ? details() : null;
	const loading = host.info?.loading?.model_name === id ? host.info.loading : null, again = setting(`strategy.${id}`) ?? "";
	if (isLoaded && !failures.get(id)?.wasReady) failures.delete(id);
	const card = make(`li.${isLoaded ? "on" : ""}`, make("header", make("b", id), make("small", size && bytes(size))),
		kind === "tuned_state" ? make("small", t`A tuned state: choose it under Prompt, and a chat begins from it.`)
			: ["unusable", "incomplete"].includes(state) ? whyNot(id, state === "incomplete" || kind === "adapter", refusals) : [
				make("small", line(architecture, loader, isLoaded && t`loaded`)),
				plan && [make("div.plan", planWithLegend(cells(plan.plan), plan.plan)),
					make("small", t`${plan.layers} layers of ${plan.hidden_size}; ${bytes(plan.state_bytes)} of state for each text`)],
				loading ? [...loadProgress(loading), make("div.row", button(t`Cancel`, () => act("cancel", id)))] : [
					make("div.row", isLoaded ? button(t`Unload`, () => act("unload", id))
						: button(t`Load`, () => load(id, again), model() ? "" : "primary")),
					loadAs(id, again),
				],
			], failure(failures.get(id)));
	cards.set(id, card);
	return card;
}

function whyNot(id, isFine, refusals) {
	const [first, ...rest] = refusals.map((text) => text.replace(/^\S+: /, "").replace(`${id}: `, "")).sort((a, b) => b.length - a.length);
	return [make(isFine ? "p.soft" : "p.why", first ?? t`No loader knows this file.`),
		rest.length > 0 && make("details", make("summary", t`What each loader said`), make("ul", refusals.map((text) => make("li.soft", text))))];
}

function loadProgress({ progress: share, completed_bytes: done, total_bytes: all }) {
	const seconds = (performance.now() - began) / 1000, left = began && share > 0.05 && timeLeft((seconds / share) * (1 - share));
	return [progress(share, t`Loading`), make("small", line(`${bytes(done)} / ${bytes(all)}`, percent(share), left))];
}

function loadAs(name, value) {
	const plan = make("div.plan", { role: "status" });
	const check = async () => {
		const strategy = field.value.trim();
		if (!strategy) return fill(plan, make("small", t`Empty: what suits this machine best.`));
		const isRight = await attempt(plan, async () => {
			const { layers, plan: whole, weight_bytes: sizes } = await ask("/v1/internal/strategy", { model_name: name, strategy });
			fill(plan, planWithLegend(layers, whole), make("small", line(
				...Object.entries(sizes).map(([device, count]) => t`${device}: about ${bytes(count)}`))));
		});
		field.setAttribute("aria-invalid", !isRight);
		if (!isRight) fill(plan, plan.querySelector(".failure"));
	};
	const field = make("input", {
		id: `strategy-${name}`, value, placeholder: "cpu bf16 *12 -> cpu fp32i8", autocomplete: "off", spellcheck: false, oninput: debounce(150, check),
	});
	const tries = ["cpu fp32", "cpu bf16", "cpu fp32i8", "cuda fp16", "cuda fp16i8 *10+"].map((text) => button(text, () => {
		field.value = text;
		check();
	}, "quiet.code-text"));
	return make("details", { ontoggle: ({ target }) => { if (target.open) check(); } }, make("summary", t`Load as …`),
		form("load-as", () => load(name, field.value.trim()),
			labelled(t`Strategy`, field), make("div.tries", tries), plan, make("button.primary", t`Load as this`)));
}

const order = ["ready", "loading", "draining", "available", "incomplete", "unusable"];

function draw() {
	// A card that a user works in stays as it is.
	if (hasFocus("cards") && document.activeElement.matches("input")) return;
	const focused = [...cards].find(([, card]) => hasFocus(card))?.[0];
	const open = [...cards].filter(([, card]) => card.querySelector("details[open]")).map(([name]) => name);
	cards.clear();
	fill("cards", [...host.models].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state)).map(card),
		make("li.hint-card", make("b", t`Add a model`), soft(t`Put one of these into the models/ folder; it shows up here by itself.`), recipes()));
	for (const name of open) cards.get(name)?.querySelector("details")?.setAttribute("open", "");
	if (focused) refocus(cards.get(focused)?.querySelector("button"));
	fail("view-models", !host.isAdmin && new Error(t`Only the admin key shows and changes the models.`));
}

on("model", draw);
on("known", () => {
	pullForm($("pull"));
	compareForm($("compare"));
	draw();
});
