// Conversations in the browser's database: a record a message, so that a write never touches what another tab wrote.
import { emit, newID, parsed } from "./dom.js";
import { t } from "./i18n.js";
import { Tree } from "./tree.js";

const channel = new BroadcastChannel("modelhost");
// What this page has, also where nothing can be stored: every conversation, and the messages of those that were looked at.
const all = new Map(), trees = new Map();
// What cannot be stored now, by id.
const waiting = new Map();
// Damaged records stay where they are.
export const damaged = [];
// The messages that this tab is having written, by id.
export const own = new Set();
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
	for (const chat of await stored("chats", (chats) => chats.getAll()) ?? []) all.set(chat.id, chat);
}

const members = { chats: { id: "string", title: "string", updated: "number" }, messages: { id: "string", chat: "string", role: "string", text: "string" } };

const check = (kind, record) => Object.entries(members[kind]).every(([name, type]) => typeof record?.[name] === type);

function isWhole(kind, record) {
	if (check(kind, record)) return true;
	damaged.push(record);
	emit("damaged");
	return false;
}

// What is stored and whole, as `ask` finds it in a store; null where it cannot be read.
async function stored(kind, ask) {
	try {
		return database ? (await result(ask(database.transaction(kind).objectStore(kind)))).filter((record) => isWhole(kind, record)) : [];
	} catch (error) {
		emit("saving-failed", error);
		return null;
	}
}

// What a request gives, or the end of a transaction.
const result = (request) => new Promise((resolve, reject) => {
	request.onsuccess = request.oncomplete = () => resolve(request.result);
	request.onerror = request.onblocked = request.onabort = () => reject(request.error);
});

export const kindOf = (chat) => chat.kind ?? "chat";
// All conversations of a kind, the one used last first.
export const chats = (kind) =>
	[...all.values()].filter((chat) => !kind || kindOf(chat) === kind).sort((a, b) => b.updated - a.updated);
export const chat = (id) => all.get(id);

// An empty one where nothing is there yet.
export const tree = (chatID) => trees.get(chatID) ?? new Tree();

function kept(chatID) {
	if (!trees.has(chatID)) trees.set(chatID, new Tree());
	return trees.get(chatID);
}

const home = (kind, chatID) => kind === "chats" ? all : kept(chatID).messages;

// The tree with what is stored of it, which is read once; what came meanwhile is newer. Where it could not be read,
// `isRead` is not set, and the next one who asks tries again.
export async function read(chatID) {
	const tree = kept(chatID), { messages } = tree;
	tree.isRead ??= stored("messages", (kept) => kept.index("chat").getAll(chatID)).then((list) => {
		if (!list) tree.isRead = undefined;
		for (const message of list ?? []) if (!messages.has(message.id)) messages.set(message.id, message);
	});
	await tree.isRead;
	return tree;
}

export const messages = async (chatID) => [...(await read(chatID)).messages.values()];

// Never fails: what cannot be stored is kept here and tried again.
export async function put(kind, record) {
	home(kind, record.chat).set(record.id, record);
	waiting.set(record.id, [kind, record]);
	await write([]);
	channel.postMessage({ kind, id: record.id, chat: record.chat });
}

export async function remove(kind, records) {
	const gone = records.map((record) => [kind, record]);
	if (kind === "chats") for (const { id } of records) gone.push(...(await messages(id)).map((message) => ["messages", message]));
	for (const [kind, { id, chat }] of gone) {
		home(kind, chat).delete(id);
		waiting.delete(id);
	}
	if (kind === "chats") for (const { id } of records) trees.delete(id);
	await write(gone);
	for (const [kind, { id, chat }] of gone) channel.postMessage({ kind, id, chat, isGone: true });
	return async () => { for (const entry of gone) await put(...entry); };
}

async function write(gone) {
	const batch = [...waiting.values()];
	if (!database) return;
	try {
		const transaction = database.transaction(["chats", "messages"], "readwrite");
		for (const [kind, record] of batch) transaction.objectStore(kind).put(record);
		for (const [kind, { id }] of gone) transaction.objectStore(kind).delete(id);
		await result(transaction);
		// A record that changed meanwhile waits for its own turn.
		for (const entry of batch) if (waiting.get(entry[1].id) === entry) waiting.delete(entry[1].id);
		emit("saved");
	} catch (error) { emit("saving-failed", error); }
}

export const retry = () => write([]);

// Marks an answer that no tab seems to write any more as cut off, and gives what is stored of it then. All in one step:
// should a tab end it at this very moment, its text stays.
export async function cut({ id, chat }) {
	try {
		const kept = database.transaction("messages", "readwrite").objectStore("messages"), record = await result(kept.get(id));
		if (record?.state !== "live") return record;
		record.state = "cut";
		await result(kept.put(record));
		channel.postMessage({ kind: "messages", id, chat });
		return record;
	} catch { /* The next one who opens it tries again. */ }
}

// A record stays the same object, in whatever tab it changes. What this tab writes, or could not store yet, is newer than
// what any other has of it.
channel.onmessage = async ({ data: { kind, isGone, id, chat } }) => {
	if (!members[kind]) return;
	const record = !isGone && database && await result(database.transaction(kind).objectStore(kind).get(id)).catch(() => null);
	if (own.has(id) || waiting.has(id)) return;
	const place = home(kind, chat), old = place.get(id), cursor = old?.cursor;
	if (isGone) place.delete(id);
	else if (check(kind, record)) place.set(id, old ? Object.assign(old, record) : record);
	emit("changed-elsewhere", { kind, id, chat, old, cursor, isGone });
};

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
	if (data?.format !== format || !Array.isArray(data.chats)) throw new Error(t`This file holds no conversations.`);
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
