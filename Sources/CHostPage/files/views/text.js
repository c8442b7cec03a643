// A plain text that the model goes on with: written in a field, read as tokens; every step can be taken back.
import { $, alternativeCount, announce, ask, attempt, chat, click, current, debounce, emit, facts, fail, fill, make, model, on, places, press, show, store, t, Tokens } from "../lib/ui.js";
import { Body } from "../parts/body.js";
import { sources } from "../parts/next-token.js";
import { showAlternatives } from "../parts/pop.js";

const field = $("text-input"), flow = $("text-flow"), view = $("view-text");
let body = null, writes = true;

const step = () => chat.isText() ? chat.last() : null;
const next = (now) => now ? current.tree.children(now).at(-1) : null;

// What was typed becomes a step of its own where something came of the one that it was.
async function keepTyped() {
	const now = step(), text = field.value;
	if (!chat.isText() || !writes || text === (now?.text ?? "")) return;
	if (!now || now.tokens || next(now)) return chat.keepText(text);
	await store.put("messages", Object.assign(now, { text, from: text.length }));
	await chat.touch(current.chat);
}

function draw() {
	const now = step(), isRunning = chat.writing() !== null;
	if (!chat.isText()) return;
	if (isRunning || (now?.tokens?.ids.length && !writes)) drawFlow(now);
	else {
		writes = true;
		if (document.activeElement !== field || field.value === "") field.value = now?.text ?? "";
	}
	show(field, writes);
	show(flow, !writes);
	fill("text-go", isRunning ? t`Stop` : t`Go on`);
	press("text-edit", writes);
	const disabled = {
		go: !isRunning && !model(), edit: isRunning || (writes && !now?.tokens), undo: isRunning || !now?.parent, redo: isRunning || !next(now),
		score: isRunning || !model(),
	};
	for (const [name, isOff] of Object.entries(disabled)) $(`text-${name}`).disabled = isOff;
	fill("text-facts", facts(now ?? {}));
}

function drawFlow(now) {
	writes = false;
	if (body?.message !== now) {
		body = Object.assign(new Body(true), { message: now });
		fill(flow, make("span.plain.read", now.text.slice(0, now.from)), body.element);
	}
	const text = now.text.slice(now.from);
	body.show(text, places({ ...now, text }));
}

async function act(does) {
	await attempt(view, does);
	draw();
}

async function goOn() {
	if (current.running) return chat.stop();
	await keepTyped();
	const { text = "", tokens, from } = step() ?? {};
	writes = false;
	return chat.extend(text, tokens ? { tokens, from } : {});
}

async function score() {
	await keepTyped();
	const prompt = step()?.text, tokens = new Tokens();
	if (!prompt) throw new Error(t`There is no text to score.`);
	const { model, choices: [{ logprobs }] } = await ask("/v1/completions", { prompt, echo: true, max_tokens: 0, logprobs: alternativeCount, logprob_details: true });
	tokens.add(logprobs.content);
	writes = false;
	await chat.keepText(prompt, { tokens: tokens.plain, from: 0, model });
}

async function to(other) {
	if (!other) return;
	await chat.touch(current.chat, { cursor: other.id });
	restart();
}

function restart() {
	const now = step();
	writes = !now?.tokens;
	body = null;
	field.value = now?.text ?? "";
}

flow.onclick = ({ target }) => {
	const span = target.closest(".t"), now = step();
	if (!span || current.running || String(getSelection())) return;
	showAlternatives(span, now.tokens, (index, id) => act(async () => {
		const fork = new Tokens(now.tokens).fork(index, id), { from } = now;
		announce(t`A new version from another token.`);
		return chat.extend(now.text.slice(0, from) + fork.text, { tokens: fork.plain, from }, current.tree.parent(now));
	}));
};

const keepSoon = debounce(400, keepTyped), button = (name, does) => click(`text-${name}`, () => act(does));
field.oninput = () => {
	keepSoon();
	fail(view, null);
	emit("draft");
};
field.onkeydown = ({ key, ctrlKey, metaKey }) => { if (key === "Enter" && (ctrlKey || metaKey)) act(goOn); };
field.onblur = keepTyped;
button("go", goOn);
button("score", score);
button("undo", () => to(current.tree.parent(step())));
button("redo", () => to(next(step())));
button("edit", () => {
	writes = !writes;
	field.value = step()?.text ?? "";
	setTimeout(() => writes && field.focus());
});
on("message-grown", ({ message }) => requestAnimationFrame(() => {
	if (message.role !== "text" || message !== step()) return;
	drawFlow(message);
	flow.scrollTop = flow.scrollHeight;
}));
on("running model path-changed answer-done", draw);
on("chat-opened", () => {
	restart();
	draw();
});
sources.text = async () => [writes ? field.value : step()?.text ?? "", writes ? t`as you type` : t`at the end`];
