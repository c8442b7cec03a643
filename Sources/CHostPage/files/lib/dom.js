// What every part of the page needs of the browser.

// An element, or the one of an id.
export const $ = (place) => typeof place === "string" ? document.getElementById(place) : place;

// Makes an element: make("p.soft", { title: "…" }, "text", more). Keys that begin with "--" are style variables, all others
// properties or attributes. What is null, undefined or false is left out.
export function make(name, ...children) {
	const [tag, ...classes] = name.split("."), element = document.createElement(tag);
	const given = children[0]?.constructor === Object ? children.shift() : {};
	if (classes[0]) element.className = classes.join(" ");
	fill(element, children);
	for (const [key, value] of Object.entries(given)) {
		if (value == null) continue;
		if (key.startsWith("--")) element.style.setProperty(key, value);
		else if (key in element) element[key] = value;
		else element.setAttribute(key, value);
	}
	return element;
}

export const hasFocus = (place) => $(place).contains(document.activeElement);

// Gives the focus to another element where it was lost.
export const refocus = (other) => document.activeElement === document.body && other?.focus({ preventScroll: true });

// Children may come in lists.
export function fill(place, ...children) {
	const element = $(place);
	element.replaceChildren(...children.flat(9).filter((child) => child != null && child !== false));
	return element;
}

// @param kind classes, such as "quiet.wide"
export const button = (text, onclick, kind = "", given) => make(`button.${kind}`, { type: "button", onclick, ...given }, text);

export const form = (kind, act, ...children) => make(`form.${kind}`, { onsubmit: (event) => {
	event.preventDefault();
	act(event.target);
} }, children);

export const select = (id, value, options, change) => make("select", { id, value, onchange: ({ target }) => change(target.value) },
	options.map(([value, text = value]) => make("option", { value }, text)));

export const labelled = (label, field, ...more) => make("div.knob.text", make("label", { for: field.id }, label), field, more);

export const progress = (value, label) => make("progress", { max: 1, value, "aria-label": label });

export const soft = (...text) => make("p.soft", text);

// Shows or hides, and gives whether it is shown.
export function show(place, isShown) {
	$(place).hidden = !isShown;
	return isShown;
}

export const click = (id, act) => { $(id).onclick = act; };
export const press = (id, isPressed) => $(id).setAttribute("aria-pressed", Boolean(isPressed));

// The view that is open, and what in it.
export const address = () => (location.hash.slice(1) || "chat").split("/");

// Shows an address at once, so that it can take the focus.
export function go(to) {
	if (location.hash === `#${to}`) return;
	history.pushState(null, "", `#${to}`);
	dispatchEvent(new HashChangeEvent("hashchange"));
}

const bus = new EventTarget();
export const emit = (name, detail) => bus.dispatchEvent(new CustomEvent(name, { detail }));
export function on(names, act) {
	for (const name of names.split(" ")) bus.addEventListener(name, (event) => act(event.detail));
}

export function debounce(milliseconds, act) {
	let timer;
	return (...values) => {
		clearTimeout(timer);
		timer = setTimeout(act, milliseconds, ...values);
	};
}

// `crypto.randomUUID` is missing where the page comes over plain HTTP from another machine.
export const newID = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");

export function parsed(text) {
	try { return JSON.parse(text); } catch { return undefined; }
}

// Works also where the page is not trusted with `navigator.clipboard`.
export async function copyText(text) {
	try {
		await navigator.clipboard.writeText(text);
	} catch {
		const field = make("textarea.hidden", { value: text });
		document.body.append(field);
		field.select();
		document.execCommand("copy");
		field.remove();
	}
}

export function saveFile(download, text) {
	const href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
	make("a", { href, download }).click();
	setTimeout(() => URL.revokeObjectURL(href), 10_000);
}

export const chooseFiles = () => new Promise((resolve) => make(
	"input", { type: "file", accept: ".json", multiple: true, onchange: ({ target }) => resolve([...target.files]) }).click());
