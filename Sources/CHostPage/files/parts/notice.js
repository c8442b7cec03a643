// What happened, said where it is seen: one bar for what lasts, one place for what passes, and one voice for readers.
import * as store from "../lib/store.js";
import { $, button, copyText, fill, form, make, on, setKey, t } from "../lib/ui.js";

// Says something for ten seconds; `undo` takes it back.
export function toast(text, undo) {
	const close = () => item.remove();
	const item = make("div.toast", make("span", text), undo && button(t`Undo`, async () => {
		close();
		await undo();
		announce(t`Undone.`);
	}), button("×", close, "quiet", { "aria-label": t`Close` }));
	$("toasts").append(item);
	if ($("toasts").children.length > 3) $("toasts").firstChild.remove();
	announce(text);
	let timer = setTimeout(close, 10_000);
	item.onpointerenter = () => clearTimeout(timer);
	item.addEventListener("focusin", item.onpointerenter);
	item.onpointerleave = () => { timer = setTimeout(close, 4000); };
}

const sentences = [];
let speaks = false;

// Says a sentence to screen readers, at most one a second.
export function announce(text) {
	sentences.push(text);
	if (!speaks) speak();
}

function speak() {
	speaks = sentences.length > 0;
	if (!speaks) return;
	fill("announce", sentences.splice(0).slice(-2).join(" "));
	setTimeout(speak, 1000);
}

export const failure = (error, ...actions) =>
	error && make("div.failure", { role: "alert" }, make("span", error.message ?? String(error)), actions);

export function fail(place, error, ...actions) {
	$(place).querySelector(":scope > .failure")?.remove();
	if (error) $(place).append(failure(error, actions));
}

// Shows beside a place why something could not be done; gives whether it was.
export async function attempt(place, act) {
	fail(place, null);
	try {
		const error = await act();
		if (error instanceof Error) throw error;
		return true;
	} catch (error) {
		fail(place, error);
		return false;
	}
}

export function copyButton(text, kind) {
	const copy = button(t`Copy`, async () => {
		await copyText(text());
		copy.textContent = t`Copied`;
		announce(t`Copied`);
		setTimeout(() => { copy.textContent = t`Copy`; }, 1500);
	}, kind);
	return copy;
}

function bar(name, text, ...actions) {
	$("bars").querySelector(`.${name}`)?.remove();
	if (text) $("bars").append(make(`div.bar-line.${name}`, { role: "status" }, make("span", text), actions));
}

function keyForm() {
	const field = make("input", { type: "password", autocomplete: "current-password", id: "key-field", required: true });
	const keeps = make("input", { type: "checkbox" });
	return form("bar-line.key", () => {
		setKey(field.value, keeps.checked);
		location.reload();
	}, make("label", { for: field.id }, t`This host wants a key`),
	make("input.hidden", { autocomplete: "username", value: "modelhost", tabIndex: -1, "aria-hidden": "true", readOnly: true }), field,
	make("label.check", keeps, t`keep in this browser`), make("button.primary", t`Use it`));
}

on("host-gone", () => bar("gone", t`The host does not answer. If it has ended, start it again; your text is kept.`));
on("host-back", () => {
	bar("gone");
	toast(t`The host is back.`);
});
on("saving-failed", (error) => bar("unsaved", error?.name === "QuotaExceededError"
	? t`This browser has no room left for this page: new text is not saved.`
	: t`This browser does not store anything for this page: text is kept only until it is closed.`,
button(t`Export all`, () => $("export").click()), button(t`Try again`, store.retry)));
on("saved", () => bar("unsaved"));
on("damaged", () => bar("damaged", t`Damaged records were set aside: ${store.damaged.length}. Everything else is here.`,
	button(t`Close`, () => bar("damaged"))));
on("key-wanted", () => $("bars").querySelector(".key") ?? $("bars").append(keyForm()));
