// Where one writes: it grows with the text, keeps it, and its button stops what it started.
import { $, button, chat, current, emit, fail, fill, go, host, model, on, set, setting, store, t } from "../lib/ui.js";

const input = $("input"), send = $("send"), form = $("composer");
// Whether Enter sends: where there is a keyboard, and not on a phone.
const sends = matchMedia("(hover: hover)");

const draftName = () => `draft.${store.chat(current.chat.id)?.id ?? "new"}`;
const keepDraft = (name, text) => set(name, text || undefined);

export async function say(text) {
	const hadFocus = document.activeElement === input, name = draftName(), { id } = current.chat;
	fail(form, null);
	input.value = "";
	keepDraft(name, "");
	const error = await chat.say(text);
	if (!error) return;
	if (current.chat.id !== id) return keepDraft(name, text);
	keepDraft(draftName(), text);
	input.value ||= text;
	const hasNoModel = error.code === "no_model" || (error.status !== 0 && !model() && !host.info?.loading);
	fail(form, error, button(t`Try again`, () => form.requestSubmit()), hasNoModel && button(t`Choose a model`, () => go("models")));
	if (error.param) emit("field-refused", error);
	else if (hadFocus) input.focus();
}

form.onsubmit = (event) => {
	event.preventDefault();
	const text = input.value.trim();
	if (current.running) chat.stop();
	else if (text) say(text);
};

input.onkeydown = (event) => {
	if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.ctrlKey || event.metaKey || !sends.matches) return;
	event.preventDefault();
	if (!current.running) form.requestSubmit();
};

input.oninput = () => {
	keepDraft(draftName(), input.value);
	fail(form, null);
	emit("draft");
};

async function takeFiles(files) {
	for (const file of files) {
		if (file.size > 1 << 20 || !/^text\/|json|^$/.test(file.type)) {
			return fail(form, new Error(t`${file.name} is not a text file of at most 1 MiB.`));
		}
		input.setRangeText(await file.text(), input.selectionStart, input.selectionEnd, "end");
		input.dispatchEvent(new Event("input"));
	}
}
form.ondragover = form.ondrop = form.onpaste = (event) => {
	const data = event.dataTransfer ?? event.clipboardData;
	if (!data?.types.includes("Files")) return;
	event.preventDefault();
	if (event.type !== "dragover") takeFiles(data.files);
};

on("running model chat-opened", () => {
	const isRunning = current.running !== null;
	fill(send, isRunning ? t`Stop` : t`Send`);
	send.classList.toggle("primary", !isRunning);
	send.disabled = !isRunning && !model() && !host.isGone;
	input.placeholder = model() ? t`Message ${model()}` : t`Load a model first`;
});
on("chat-opened", () => {
	input.value = setting(draftName()) ?? "";
	fail(form, null);
});
