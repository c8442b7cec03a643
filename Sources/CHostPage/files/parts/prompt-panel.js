// What a chat has beside its messages: a character, a template, a system message; and the prompt that comes of it all.
import { $, ask, askIfThere, attempt, chat, copyButton, current, debounce, fill, hasFocus, host, labelled, make, on, promptOf, select, t, tokenCount } from "../lib/ui.js";

let characters = [], templates = [];

const choice = (id, label, none, options) => options.length > 0 && labelled(label, select(
	`prompt-${id}`, current.chat[id] ?? "", [["", none], ...options], (value) => chat.change({ [id]: value || undefined })));

function words(id, label, placeholder, tag = "input") {
	const keep = debounce(300, () => chat.change({ [id]: field.value || undefined }));
	const field = make(tag, { id: `prompt-${id}`, value: current.chat[id] ?? "", placeholder, oninput: keep });
	return labelled(label, field);
}

function draw() {
	const modes = [["chat", t`Chat`], ["chat-instruct", t`Chat, as an instruction`]], named = (names) => names.map((name) => [name]);
	fill("prompt-fields",
		choice("character", t`Character`, t`none`, named(characters)),
		choice("mode", t`Mode`, t`by itself`, modes),
		words("name1", t`Your name`, "You"),
		choice("instruction_template", t`Template`, t`the model's own`, named(templates)),
		choice("initial_state", t`Tuned state`, t`none`, host.models.filter(({ kind }) => kind === "tuned_state").map(({ id }) => [id])),
		words("system", t`System message`, t`How the model should answer`, "textarea"),
		words("start", t`Start reply with`, ""));
}

async function greet() {
	const { character, name1 = "You", id } = current.chat;
	if (!character || chat.path().length) return;
	const card = (await askIfThere(`/v1/internal/characters/${encodeURIComponent(character)}`))?.character;
	if (!card?.greeting || current.chat.id !== id || chat.path().length) return;
	await chat.greet(card.greeting.replaceAll("{{user}}", name1).replaceAll("{{char}}", card.name ?? character));
}

on("chat-opened model", () => { if (!hasFocus("prompt-fields")) draw(); });
on("chat-changed", greet);
on("show-prompt", (message) => attempt("view-chat", async () => {
	const text = await promptOf(current.chat, current.tree.path(message.id)), { tokens } = await ask("/v1/internal/encode", { text });
	fill("prompt-text", text);
	fill("prompt-count", tokenCount(tokens.length));
	$("prompt-dialog").showModal();
}));
$("prompt-buttons").prepend(copyButton(() => $("prompt-text").textContent));
on("known", async () => {
	characters = (await askIfThere("/v1/internal/characters"))?.characters ?? [];
	templates = (await askIfThere("/v1/internal/instruction-templates"))?.instruction_templates ?? [];
	draw();
});
