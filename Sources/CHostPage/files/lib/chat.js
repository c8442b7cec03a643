// Conversations: what may be done with the open one, and how each step is stored before the next begins.
import { write } from "./answer.js";
import { emit, newID, on } from "./dom.js";
import { t } from "./i18n.js";
import * as store from "./store.js";
import { Tokens } from "./tokens.js";

const fresh = (given) => ({ id: newID(), kind: "chat", title: "", created: Date.now(), updated: Date.now(), cursor: null, ...given });

// `running` is the message that this tab is having written, even in another conversation.
export const current = { chat: fresh(), running: null, control: null, get tree() { return store.tree(this.chat.id); } };

// An answer in another conversation goes on unseen.
export const writing = () => current.running?.chat === current.chat.id ? current.running : null;

export const isText = () => store.kindOf(current.chat) === "text";
export const path = () => current.tree.path(current.chat.cursor);
export const last = () => current.tree.get(current.chat.cursor);

// What a message belongs to, also when another conversation is opened before its step ends; nothing is stored of a new one.
// Undefined if it has been deleted since and is not open.
const chatOf = ({ chat: id = current.chat.id } = {}) => store.chat(id) ?? (current.chat.id === id ? current.chat : undefined);

// Counts what is opened, so that the last request decides what opens.
let opening = 0;

export function begin(given) {
	opening += 1;
	current.chat = fresh(given);
	emit("chat-opened");
}

export async function open(id) {
	const own = ++opening, tree = store.chat(id) && await store.read(id), chat = store.chat(id);
	if (own !== opening) return;
	if (!chat) return begin();
	if (tree.isRead && !tree.get(chat.cursor)) chat.cursor = tree.leaf()?.id ?? null;
	current.chat = chat;
	await heal();
	emit("chat-opened");
}

let healing;

// Marks answers that no tab writes any more as cut off; looks again while one does.
async function heal() {
	clearTimeout(healing);
	const { tree, chat } = current, live = [...tree.messages.values()].filter((one) => one.state === "live" && one !== current.running);
	if (!live.length) return;
	if (await store.isHeld(chat.id)) healing = setTimeout(heal, 2000);
	else for (const message of live) {
		Object.assign(message, { state: "cut" }, await store.cut(message));
		emit("message-changed", message);
	}
}

const message = (role, text, parent, given) => ({
	id: newID(), chat: parent?.chat ?? current.chat.id, parent: parent?.id ?? null, role, text, created: Date.now(), state: "done", ...given,
});

async function keep(message) {
	const chat = chatOf(message), { role, text } = message;
	if (!chat) return;
	chat.cursor = message.id;
	if (!chat.title && role !== "assistant") chat.title = text.trim().slice(0, 80);
	await store.put("messages", message);
	await touch(chat, { updated: Date.now() });
}

export async function touch(given, values) {
	const chat = store.chat(given.id) ?? given;
	await store.put("chats", Object.assign(chat, values));
	emit("chat-touched", chat.id);
	emit("path-changed");
}

// Gives why it was not sent, or null; then the conversation is as it was before.
export async function say(text) {
	if (current.running) return busy();
	const { cursor } = current.chat, question = message("user", text, last());
	await keep(question);
	const error = await answer(question);
	if (error) await drop(question, cursor);
	return error;
}

export const greet = (text) => keep(message("assistant", text));

const busy = () => new Error(t`An answer is being written; stop it first.`);

export const answer = (question, begun) => run(message("assistant", chatOf(question)?.start ?? "", question, begun), true);

// Gives the error of one that did not even begin, and then it is gone.
async function run(reply, isNew) {
	if (current.running) return busy();
	const { chat: id } = reply, chat = chatOf(reply) ?? {}, control = new AbortController();
	const length = () => reply.text.length + (reply.thought?.length ?? 0), before = length();
	// What is deleted meanwhile stays deleted; the way back brings this very message, too.
	const isKept = () => store.chat(id), flush = () => isKept() && store.put("messages", reply);
	let failure = null, isEmpty = true, saved = performance.now();
	Object.assign(current, { running: reply, control });
	Object.assign(reply, { state: "live", error: null });
	emit("running");
	emit("message-changed", reply);
	const isAlone = await store.alone(id, async () => {
		store.own.add(reply.id);
		if (isNew) await keep(reply);
		addEventListener("pagehide", flush);
		try {
			await write(chat, store.tree(id).path(reply.parent), reply, {
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
		isEmpty = length() === before && !reply.calls;
		// Before other tabs may take it for one that nobody writes.
		await (failure && isNew && isEmpty && isKept() ? remove(reply) : flush());
	});
	store.own.delete(reply.id);
	Object.assign(current, { running: null, control: null });
	emit("running");
	if (!isAlone) {
		reply.state = "cut";
		emit("message-changed", reply);
		return new Error(t`Another tab writes in this conversation. Wait for it, or stop it there.`);
	}
	emit("message-changed", reply);
	emit("answer-done", reply);
	emit("chat-touched", id);
	return isEmpty ? failure : null;
}

const textStep = (text, given, parent) => message("text", text, parent, { from: text.length, ...given });
export const keepText = (text, given) => keep(textStep(text, given, last()));
export const extend = (text, given, parent = last()) => run(textStep(text, given, parent), true);

export const stop = () => current.control?.abort();
export const again = (reply) => answer(current.tree.parent(reply));
export const goOn = (reply) => run(reply);

// A question in other words is answered anew; an answer in other words stays as it was written.
export async function edit({ role, model, ...old }, text) {
	const isQuestion = role === "user", version = message(role, text, current.tree.parent(old), isQuestion ? {} : { isEdited: true, model });
	await keep(version);
	return isQuestion ? answer(version) : null;
}

export async function branch(reply, index, id) {
	const fork = new Tokens(reply.tokens).fork(index, id), parts = fork.text.replace(/^\s*<think>\s*/, "").split("</think>");
	const thought = reply.thought ? parts.shift() : undefined, text = reply.thought ? parts.join("</think>") : fork.text;
	return answer(current.tree.parent(reply), { tokens: fork.plain, text: text.trimStart(), thought });
}

export const choose = (version) => touch(current.chat, { cursor: current.tree.leaf(version).id });

// Takes also all that follows; gives what brings them back.
async function drop(message, cursor) {
	const chat = chatOf(message), before = chat?.cursor, tree = await store.read(message.chat);
	const bringBack = await store.remove("messages", tree.branch(message));
	if (!chat) return bringBack;
	// What could not be read may hold more.
	if (tree.messages.size || !tree.isRead) await touch(chat, { cursor: cursor ?? null });
	else {
		chat.cursor = null;
		await store.remove("chats", [chat]);
		emit("path-changed");
	}
	return async () => {
		await bringBack();
		await touch(chat, { cursor: before });
	};
}

export function remove(message) {
	const tree = store.tree(message.chat), other = tree.neighbour(message, -1) ?? tree.neighbour(message, 1);
	return drop(message, (other ? tree.leaf(other) : tree.parent(message))?.id);
}

export async function fork({ id: cursor }) {
	const { chat, tree } = current;
	return (await store.copy({ ...chat, title: t`${chat.title} (branch)`, cursor, created: Date.now(), messages: tree.path(cursor) })).id;
}

export async function change(values) {
	Object.assign(current.chat, values);
	if (store.chat(current.chat.id)) await touch(current.chat, values);
	emit("chat-changed");
}

// The open conversation keeps its own cursor.
on("changed-elsewhere", ({ kind, id, chat, old, cursor, isGone }) => {
	const { tree, chat: own } = current, message = tree.get(id);
	if (kind === "chats" && id === own.id && store.chat(id)) current.chat = Object.assign(store.chat(id), { cursor: old ? cursor : own.cursor });
	if (kind === "chats" || chat !== own.id || !(message ?? old)) return;
	if (isGone && (own.cursor === id || path()[0]?.parent === id)) own.cursor = tree.leaf(tree.parent(old))?.id ?? null;
	if (!old && message.parent === own.cursor) own.cursor = id;
	emit(old && !isGone ? "message-changed" : "path-changed", message);
	if (message?.state === "live") heal();
});
