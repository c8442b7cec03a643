// Conversations: what may be done with the open one, and how each step is stored before the next begins.
import { write } from "./answer.js";
import { emit, newID, on } from "./dom.js";
import { t } from "./i18n.js";
import * as store from "./store.js";
import { Tokens } from "./tokens.js";
import { Tree } from "./tree.js";

// `running` is the message that this tab is having written, even in another conversation.
export const current = { chat: fresh(), tree: new Tree(), running: null, control: null };

function fresh(given) { return { id: newID(), kind: "chat", title: "", created: Date.now(), updated: Date.now(), cursor: null, ...given }; }

// What a step belongs to, also when another conversation is opened before it ends.
const here = () => ({ chat: current.chat, tree: current.tree });
const latest = (place) => place.chat.id === current.chat.id ? current : place;

// An answer in another conversation goes on unseen.
export const writing = () => current.running?.chat === current.chat.id ? current.running : null;

export const path = () => current.tree.path(current.chat.cursor);
export const last = () => current.tree.get(current.chat.cursor);

// Counts what is opened, so that the last request decides what opens.
let opening = 0;

export function begin(given) {
	opening += 1;
	Object.assign(current, { chat: fresh(given), tree: new Tree() });
	emit("chat-opened");
}

export async function open(id) {
	const chat = store.chat(id);
	if (!chat) return begin();
	const own = ++opening, tree = new Tree(await store.messages(id));
	if (own !== opening) return;
	if (current.running?.chat === id) tree.put(current.running);
	if (!tree.get(chat.cursor)) chat.cursor = tree.leaf()?.id ?? null;
	Object.assign(current, { chat, tree });
	await heal();
	emit("chat-opened");
}

let healing;

// Marks answers that nobody writes any more as cut off; looks again while somebody does.
async function heal() {
	clearTimeout(healing);
	const { tree, chat } = current, live = [...tree.messages.values()].filter((one) => one.state === "live" && one !== current.running);
	if (!live.length) return;
	if (await store.isHeld(chat.id)) {
		healing = setTimeout(() => current.chat.id === chat.id && heal(), 2000);
		return;
	}
	for (const message of live) {
		message.state = "cut";
		await store.put("messages", message);
		emit("message-changed", message);
	}
}

const message = ({ chat }, role, text, parent, given) =>
	({ id: newID(), chat: chat.id, parent: parent?.id ?? null, role, text, created: Date.now(), state: "done", ...given });

async function keep(place, message) {
	const { chat, tree } = latest(place);
	tree.put(message);
	chat.cursor = message.id;
	if (!chat.title && message.role !== "assistant") chat.title = message.text.trim().slice(0, 80);
	await store.put("messages", message);
	await touch(chat, { updated: Date.now() });
}

export async function touch(chat, values) {
	await store.put("chats", Object.assign(chat, values));
	emit("chat-touched", chat.id);
	emit("path-changed");
}

// Gives why it was not sent, or null; then the conversation is as it was before.
export async function say(text) {
	if (current.running) return busy();
	const place = here(), before = last(), question = message(place, "user", text, before);
	await keep(place, question);
	const error = await answer(question, {}, place);
	if (error) await drop([question], before, place);
	return error;
}

export const greet = (text) => keep(here(), message(current, "assistant", text));

const busy = () => new Error(t`An answer is being written; stop it first.`);

export const answer = (question, begun, place = here()) =>
	run(message(place, "assistant", place.chat.start ?? "", question, begun), place, true);

// Gives the error of one that did not even begin, and then it is gone.
async function run(reply, place = here(), isNew = false) {
	if (current.running) return busy();
	const control = new AbortController(), length = () => reply.text.length + (reply.thought?.length ?? 0), before = length();
	// What is deleted meanwhile stays deleted; the way back brings this very message, too.
	const isKept = () => store.chat(place.chat.id), flush = () => isKept() && store.put("messages", reply);
	let failure = null, saved = performance.now();
	Object.assign(current, { running: reply, control });
	Object.assign(reply, { state: "live", error: null });
	emit("running");
	emit("message-changed", reply);
	const isAlone = await store.alone(place.chat.id, async () => {
		if (isNew) await keep(place, reply);
		addEventListener("pagehide", flush);
		try {
			await write(place.chat, latest(place).tree.path(reply.parent), reply, {
				signal: control.signal,
				progress: (progress) => emit("message-progress", { message: reply, ...progress }),
				grown: (count) => {
					emit("message-grown", { message: reply, count });
					if (performance.now() - saved < 1000) return;
					saved = performance.now();
					flush();
				},
			});
			reply.state = "done";
		} catch (error) {
			failure = error.name === "AbortError" ? null : error;
			Object.assign(reply, { state: failure ? "failed" : "stopped", error: failure?.message });
		}
		removeEventListener("pagehide", flush);
	});
	Object.assign(current, { running: null, control: null });
	emit("running");
	if (!isAlone) {
		reply.state = "cut";
		emit("message-changed", reply);
		return new Error(t`Another tab is having an answer written in this conversation. Wait for it, or stop it there.`);
	}
	const isEmpty = length() === before && !reply.calls;
	if (failure && isNew && isEmpty && isKept()) await remove(reply, place);
	else await flush();
	emit("message-changed", reply);
	emit("answer-done", reply);
	emit("chat-touched", reply.chat);
	return isEmpty ? failure : null;
}

const textStep = (text, given, parent) => message(current, "text", text, parent, { from: text.length, ...given });
export const keepText = (text, given) => keep(here(), textStep(text, given, last()));
export const extend = (text, given, parent = last()) => run(textStep(text, given, parent), here(), true);

export const stop = () => current.control?.abort();
export const again = (reply) => answer(current.tree.parent(reply));
export const goOn = (reply) => run(reply);

// A question in other words is answered anew; an answer in other words stays as it was written.
export async function edit({ role, model, ...old }, text) {
	const isQuestion = role === "user", place = here();
	const version = message(place, role, text, place.tree.parent(old), isQuestion ? {} : { isEdited: true, model });
	await keep(place, version);
	return isQuestion ? answer(version, {}, place) : null;
}

export async function branch(reply, index, id) {
	const fork = new Tokens(reply.tokens).fork(index, id), parts = fork.text.replace(/^\s*<think>\s*/, "").split("</think>");
	const thought = reply.thought ? parts.shift() : undefined, text = reply.thought ? parts.join("</think>") : fork.text;
	return answer(current.tree.parent(reply), { tokens: fork.plain, text: text.trimStart(), thought });
}

export const choose = (version) => touch(current.chat, { cursor: current.tree.leaf(version).id });

// Takes also all that follows; gives what brings them back.
async function drop(messages, cursor, place) {
	const { tree, chat } = latest(place), gone = messages.flatMap((message) => tree.branch(message)), before = chat.cursor;
	tree.remove(gone);
	const bringBack = await store.remove("messages", gone);
	if (tree.messages.size) await touch(chat, { cursor: cursor?.id ?? null });
	else {
		chat.cursor = null;
		await store.remove("chats", [chat]);
		emit("path-changed");
	}
	return async () => {
		await bringBack();
		const now = latest(place);
		for (const message of gone) now.tree.put(message);
		await touch(now.chat, { cursor: before });
	};
}

export function remove(message, place = here()) {
	const { tree } = latest(place), other = tree.neighbour(message, -1) ?? tree.neighbour(message, 1);
	return drop([message], other ? tree.leaf(other) : tree.parent(message), place);
}

export async function fork({ id: cursor }) {
	const { chat, tree } = current;
	return (await store.copy({ ...chat, title: t`${chat.title} (branch)`, cursor, created: Date.now(), messages: tree.path(cursor) })).id;
}

export async function change(values) {
	Object.assign(current.chat, values);
	if (store.chat(current.chat.id)) await touch(current.chat);
	emit("chat-changed");
}

on("changed-elsewhere", async ({ kind, id, chat, isGone }) => {
	if (kind === "chats" && id === current.chat.id && store.chat(id)) current.chat = Object.assign(store.chat(id), { cursor: current.chat.cursor });
	if (kind !== "messages" || chat !== current.chat.id || current.running?.id === id) return;
	const { tree } = current, old = tree.get(id);
	if (isGone && old) {
		const parent = tree.parent(old), isShown = path().includes(old);
		tree.remove([old]);
		if (isShown) current.chat.cursor = tree.leaf(parent)?.id ?? null;
		return emit("path-changed");
	}
	const message = (await store.messages(chat)).find((message) => message.id === id);
	if (!message) return;
	tree.put(message);
	if (!old && message.parent === current.chat.cursor) current.chat.cursor = id;
	emit(old ? "message-changed" : "path-changed", message);
	if (message.state === "live") heal();
});
