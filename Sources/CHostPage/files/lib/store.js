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
	for (const chat of await stored("chats", (chats) => chats.getAll())) all.set(chat.id, chat);
}

const members = { chats: { id: "string", title: "string", updated: "number" }, messages: { id: "string", chat: "string", role: "string", text: "string" } };

const check = (kind, record) => Object.entries(members[kind]).every(([name, type]) => typeof record?.[name] === type);

function isWhole(kind, record) {
	if (check(kind, record)) return true;
	damaged.push(record);
	emit("damaged");
	return false;
}

// What is stored and whole, as `ask` finds it in a store; none where nothing can be read.
async function stored(kind, ask) {
	try {
		return database ? (await result(ask(database.transaction(kind).objectStore(kind)))).filter((record) => isWhole(kind, record)) : [];
	} catch (error) {
		emit("saving-failed", error);
		return [];
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

export function tree(chatID) {
	if (!trees.has(chatID)) trees.set(chatID, new Tree());
	return trees.get(chatID);
}

const home = (kind, chatID) => kind === "chats" ? all : tree(chatID).messages;

// The tree with what is stored of it, which is read once; what came meanwhile is newer.
export async function read(chatID) {
	const own = tree(chatID), { messages } = own;
	own.isRead ??= stored("messages", (kept) => kept.index("chat").getAll(chatID)).then((list) => {
		for (const message of list) if (!messages.has(message.id)) messages.set(message.id, message);
	});
	await own.isRead;
	return own;
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

// A message stays the same object, in whatever tab it changes.
async function take(kind, { id, chat }) {
	const record = database && await result(database.transaction(kind).objectStore(kind).get(id)).catch(() => null), place = home(kind, chat), old = place.get(id);
	if (check(kind, record)) place.set(id, chat && old ? Object.assign(old, record) : record);
}
export const readAgain = (message) => take("messages", message);

channel.onmessage = async ({ data: { kind, isGone, ...named } }) => {
	if (!members[kind]) return;
	const place = home(kind, named.chat), old = place.get(named.id);
	if (isGone) place.delete(named.id);
	else await take(kind, named);
	emit("changed-elsewhere", { kind, ...named, old, isGone });
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
