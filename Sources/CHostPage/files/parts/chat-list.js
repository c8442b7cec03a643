// The conversations: search, open, rename, move to and fro, delete with a way back.
import { $, address, attempt, button, chat, chooseFiles, click, current, day, debounce, fill, go, make, on, saveFile, show, store, t, toast } from "../lib/ui.js";
import { copies, keepCopy, openCopy } from "./host-copy.js";
import { moreButton } from "./pop.js";

const kind = () => address()[0] === "text" ? "text" : "chat";
const has = (text, words) => text.toLowerCase().includes(words);

async function draw() {
	const words = $("search").value.trim().toLowerCase(), all = store.chats(kind()), found = [];
	for (const record of all) {
		if (has(record.title, words) || (await store.messages(record.id)).some(({ text }) => has(text, words))) found.push(record);
	}
	const onHost = copies?.filter(({ id, chat }) => store.kindOf(chat) === kind() && !store.chat(id) && has(chat.title ?? "", words)) ?? [];
	show("search", all.length > 3);
	fill("chat-list", found.map(item), onHost.map(({ id, chat }) => make("li",
		button(`☁ ${chat.title || t`Untitled`}`, () => openCopy(id), "quiet.wide", { title: t`On the host` }))),
	words && !found.length && make("li.soft", t`Nothing found.`));
}

function item(record) {
	const { id, title, updated } = record, isOpen = id === current.chat.id;
	const open = button(title || t`Untitled`, () => openChat(id), "quiet.wide", { "aria-current": isOpen || null, title: `${title} · ${day(updated)}` });
	return make("li", open, moreButton("quiet.more", t`More for ${title}`, () => [
		[t`Rename`, () => rename(record, open)],
		[t`Export`, async () => saveFile(`${title.replace(/[^\w-]+/g, "-") || "chat"}.json`, await store.exportChats([record]))],
		copies && [record.host ? t`Remove the copy on the host` : t`Keep a copy on the host`, () => keepCopy(record, !record.host)],
		[t`Delete`, () => remove(record)],
	]));
}

function rename(record, place) {
	const close = async (keeps) => {
		field.onblur = null;
		const title = field.value.trim();
		if (keeps && title) await chat.touch(record, { title });
		draw();
	};
	const field = make("input", { value: record.title, "aria-label": t`New name`, onkeydown(event) {
		if (event.key !== "Enter" && event.key !== "Escape") return;
		event.stopPropagation();
		close(event.key === "Enter");
	} });
	field.onblur = () => close(true);
	place.replaceWith(field);
	field.select();
}

async function remove(record) {
	if (current.running?.chat === record.id) chat.stop();
	const bringBack = await store.remove("chats", [record]);
	if (record.id === current.chat.id) begin();
	draw();
	toast(t`Deleted: ${record.title}`, async () => {
		await bringBack();
		await openChat(record.id);
	});
}

export async function openChat(id) {
	await chat.open(id);
	if (current.chat.id === id) go(`${store.kindOf(current.chat)}/${id}`);
}

export function begin() {
	chat.begin({ kind: kind() });
	go(kind());
	$(kind() === "chat" ? "input" : "text-input").focus();
}

export function step(by) {
	const all = store.chats(kind()), next = all[all.findIndex(({ id }) => id === current.chat.id) + by];
	if (next) openChat(next.id);
}

const drawSoon = debounce(50, draw);
click("new-chat", begin);
$("search").oninput = debounce(150, draw);
click("export", async () => saveFile("modelhost-chats.json", await store.exportChats(store.chats())));
click("import", async () => {
	for (const file of await chooseFiles()) {
		await attempt("chats", async () => openChat((await store.importChats(await file.text())).id));
	}
});
on("view chat-opened path-changed chat-changed changed-elsewhere", drawSoon);
on("open-chat", openChat);
