// Conversations in the browser's database: a record a message, so that a write never touches what another tab wrote.
import { emit, newID, parsed } from "./dom.js";
import { t } from "./i18n.js";

const channel = new BroadcastChannel("modelhost");
// What this page has, also where nothing can be stored.
const memory = { chats: new Map(), messages: new Map() };
// What cannot be stored now, by id.
const waiting = new Map();
// Damaged records stay where they are.
export const damaged = [];
let database = null;

// Opens the database; without one, the page works and says that it keeps nothing.
export async function open() {
	try {
		const request = indexedDB.open("modelhost", 1);
		request.onupgradeneeded = () => {
			request.result.createObjectStore("chats", { keyPath: "id" });
			request.result.createObjectStore("messages", { keyPath: "id" }).createIndex("chat", "chat");
		};
		database = await result(request);
		database.onversionchange = () => database.close();
		// Asks not to be swept away; nobody has to answer.
		navigator.storage?.persist?.().catch(() => {});
	} catch (error) { emit("saving-failed", error); }
	for (const chat of await stored("chats")) if (isWhole("chats", chat)) memory.chats.set(chat.id, chat);
}

const members = { chats: { id: "string", title: "string", updated: "number" }, messages: { id: "string", chat: "string", role: "string", text: "string" } };

const check = (kind, record) => Object.entries(members[kind]).every(([name, type]) => typeof record?.[name] === type);

function isWhole(kind, record) {
	if (check(kind, record)) return true;
	damaged.push(record);
	emit("damaged");
	return false;
}

async function stored(kind, chatID) {
	if (!database) return [];
	try {
		const store = database.transaction(kind).objectStore(kind);
		return await result(chatID === undefined ? store.getAll() : store.index("chat").getAll(chatID));
	} catch (error) {
		emit("saving-failed", error);
		return [];
	}
}

const result = (request) => new Promise((resolve, reject) => {
	request.onsuccess = () => resolve(request.result);
	request.onerror = request.onblocked = () => reject(request.error);
});

export const kindOf = (chat) => chat.kind ?? "chat";
// All conversations of a kind, the one used last first.
export const chats = (kind) =>
	[...memory.chats.values()].filter((chat) => !kind || kindOf(chat) === kind).sort((a, b) => b.updated - a.updated);
export const chat = (id) => memory.chats.get(id);

export async function messages(chatID) {
	for (const message of await stored("messages", chatID)) {
		if (isWhole("messages", message) && !waiting.has(message.id)) memory.messages.set(message.id, message);
	}
	return [...memory.messages.values()].filter((message) => message.chat === chatID);
}

// Never fails: what cannot be stored is kept here and tried again.
export async function put(kind, record) {
	memory[kind].set(record.id, record);
	waiting.set(record.id, [kind, record]);
	await write([]);
	channel.postMessage({ kind, id: record.id, chat: record.chat });
}

export async function remove(kind, records) {
	const gone = records.map((record) => [kind, record]);
	if (kind === "chats") for (const { id } of records) gone.push(...(await messages(id)).map((message) => ["messages", message]));
	for (const [kind, { id }] of gone) {
		memory[kind].delete(id);
		waiting.delete(id);
	}
	await write(gone);
	for (const [kind, { id, chat }] of gone) channel.postMessage({ kind, id, chat, isGone: true });
	return async () => { for (const entry of gone) await put(...entry); };
}

async function write(gone) {
	const batch = [...waiting.values()];
	if (!database) return;
	try {
		await new Promise((resolve, reject) => {
			const transaction = database.transaction(["chats", "messages"], "readwrite");
			for (const [kind, record] of batch) transaction.objectStore(kind).put(record);
			for (const [kind, { id }] of gone) transaction.objectStore(kind).delete(id);
			transaction.oncomplete = resolve;
			transaction.onabort = transaction.onerror = () => reject(transaction.error);
		});
		// A record that changed meanwhile waits for its own turn.
		for (const entry of batch) if (waiting.get(entry[1].id) === entry) waiting.delete(entry[1].id);
		emit("saved");
	} catch (error) { emit("saving-failed", error); }
}

export const retry = () => write([]);

channel.addEventListener("message", async ({ data: { kind, id, chat, isGone } }) => {
	if (!members[kind]) return;
	const record = isGone || !database ? null : await result(database.transaction(kind).objectStore(kind).get(id)).catch(() => null);
	if (isGone) memory[kind].delete(id);
	else if (check(kind, record)) memory[kind].set(id, record);
	emit("changed-elsewhere", { kind, id, chat, isGone });
});

const lockOf = (chatID) => `modelhost ${chatID}`;

// False where another tab does it to the same conversation.
export async function alone(chatID, act) {
	if (navigator.locks) return navigator.locks.request(lockOf(chatID), { ifAvailable: true }, async (lock) => {
		if (lock) await act();
		return lock !== null;
	});
	await act();
	return true;
}

export const isHeld = async (chatID) => (await navigator.locks?.query())?.held.some(({ name }) => name === lockOf(chatID)) ?? false;

export async function fullness() {
	const { usage, quota } = await navigator.storage?.estimate?.().catch(() => null) ?? {};
	return quota ? usage / quota : 0;
}

const format = "modelhost-chats";

export async function exportChats(list) {
	const chats = await Promise.all(list.map(async (chat) => ({ ...chat, messages: await messages(chat.id) })));
	return JSON.stringify({ format, version: 1, chats }, null, 1);
}

export async function importChats(text) {
	const data = parsed(text);
	if (data?.format !== format || !Array.isArray(data.chats)) throw new Error(t`This file holds no conversations exported from ModelHost.`);
	return (await Promise.all(data.chats.map(copy)))[0];
}

// Everything gets a new name; what is not a message is left out.
export async function copy({ messages, ...chat }) {
	const list = Array.isArray(messages) ? messages : [], names = new Map(list.map((message) => [message?.id, newID()]));
	const own = { ...chat, id: newID(), title: String(chat.title ?? ""), cursor: names.get(chat.cursor) ?? null, updated: Date.now(), host: undefined };
	await put("chats", own);
	for (const message of list) {
		const record = { ...message, id: names.get(message?.id), chat: own.id, parent: names.get(message?.parent) ?? null };
		if (isWhole("messages", record)) await put("messages", record);
	}
	return own;
}
