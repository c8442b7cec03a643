// Small choices that outlive a visit: each under a key of its own, so that two tabs never undo each other's.
import { emit, parsed } from "./dom.js";

const prefix = "modelhost.", memory = new Map();

// What is damaged counts as not set.
export function setting(name) {
	if (memory.has(name)) return memory.get(name);
	try { return parsed(localStorage.getItem(prefix + name)) ?? undefined; } catch { return undefined; }
}

// Where nothing can be stored it holds until the page is closed.
export function set(name, value) {
	try {
		if (value === undefined) localStorage.removeItem(prefix + name);
		else localStorage.setItem(prefix + name, JSON.stringify(value));
		memory.delete(name);
	} catch {
		memory.set(name, value);
	}
	emit("setting", name);
}

window.onstorage = ({ key }) => { if (key?.startsWith(prefix)) emit("setting", key.slice(prefix.length)); };
