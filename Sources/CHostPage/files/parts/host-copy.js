// Copies of conversations on the host, for other browsers: sent after each change, and never over what another browser wrote.
import { ask, askIfThere, button, debounce, emit, make, on, soft, store, t, toast } from "../lib/ui.js";

// The copies there are; null where the host keeps none.
export let copies = null;

const path = (id) => `/v1/internal/chats/${id}`;

async function lookForCopies() {
	copies = (await askIfThere("/v1/internal/chats"))?.chats ?? null;
	emit("chat-changed");
}

// One is sent at a time, each with the revision that the one before it made.
const waiting = new Set();
let sending = Promise.resolve();

function push(id) {
	waiting.add(id);
	pushSoon();
}
const pushSoon = debounce(1500, () => {
	for (const id of waiting) sending = sending.then(() => sync(id));
	waiting.clear();
});

export async function keepCopy({ id }, keeps) {
	waiting.delete(id);
	if (keeps) await mark(id, { revision: null });
	sending = sending.then(() => sync(id, !keeps));
}

// Nothing where none is kept.
const mark = async (id, host) => store.chat(id) && store.put("chats", Object.assign(store.chat(id), { host }));

async function sync(id, isEnd) {
	const { host, ...chat } = store.chat(id) ?? {};
	if (!host) return;
	const { revision } = host;
	// Nothing is sent of what cannot be read.
	if (!isEnd && !(await store.read(id)).isRead) return;
	try {
		if (isEnd) await ask(path(id), { revision: revision ?? undefined }, { method: "DELETE" });
		const kept = isEnd ? null : await ask(path(id), { revision, chat: { ...chat, messages: await store.messages(id) } }, { method: "PUT" });
		await mark(id, kept ? { revision: kept.revision } : undefined);
		lookForCopies();
	} catch (error) {
		if (error.status === 409) await conflict(id).catch(({ message }) => toast(message));
		else if (error.status !== 0) toast(error.message);
	}
}

async function conflict(id) {
	let theirs;
	try { theirs = await ask(path(id)); } catch (error) {
		if (error.status !== 404) throw error;
		await mark(id);
		return toast(t`The copy of this chat on the host has been removed; yours is kept here.`);
	}
	if (document.querySelector(".conflict")) return;
	const mine = await store.messages(id), title = t`Two versions of this chat`, side = (name, list) => make("section",
		make("h3", `${name} · ${t`${list.length} message|${list.length} messages`}`), make("p.plain.soft", list.at(-1)?.text.slice(0, 400)));
	const choice = (text, act, kind) => button(text, async () => {
		dialog.remove();
		await act();
		emit("chat-changed");
	}, kind);
	const dialog = make("dialog.conflict", { "aria-label": title }, make("h2", title),
		soft(t`Another browser has changed the host's copy. Both are kept until you choose.`),
		make("div.sides", side(t`Here`, mine), side(t`On the host`, theirs.chat.messages ?? [])),
		make("div.row",
			choice(t`Keep both`, async () => {
				await mark(id);
				await store.copy(theirs.chat);
			}, "primary"),
			choice(t`Keep this one`, async () => {
				await mark(id, { revision: theirs.revision });
				push(id);
			}),
			choice(t`Take the host's`, async () => {
				const bringBack = await store.remove("messages", mine);
				await take(theirs);
				toast(t`Taken over.`, bringBack);
			})));
	document.body.append(dialog);
	dialog.showModal();
}

async function take({ id, revision, chat: { messages = [], ...record } }) {
	for (const message of messages) if (message?.id) await store.put("messages", { ...message, chat: id });
	await store.put("chats", { ...record, id, host: { revision } });
	emit("open-chat", id);
}

export const openCopy = async (id) => take(await ask(path(id)));

on("chat-touched", push);
on("known", lookForCopies);
