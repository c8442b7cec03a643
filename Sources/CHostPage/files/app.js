// The page from its start: opens what is stored, shows what there is; the parts wire themselves as they are read.
import { key } from "./lib/keys.js";
import { loadKnobs } from "./lib/sampling.js";
import { $, address, bytes, chat, click, current, details, emit, fill, go, host, line, make, model, on, percent, set, setting, show, store, t, watch } from "./lib/ui.js";
import { begin, openChat, step } from "./parts/chat-list.js";
import "./parts/host-copy.js";
import { cells, planStrip } from "./parts/plan.js";
import { chooseByKey, hideAlternatives } from "./parts/pop.js";
import "./parts/prompt-panel.js";
import "./parts/rate.js";
import "./parts/sampling-panel.js";
import "./parts/state-panel.js";
import { lastView, walkTokens } from "./views/chat.js";
import "./views/host.js";
import "./views/models.js";
import "./views/text.js";

function drawModel() {
	const own = details(), loading = host.info?.loading, name = model();
	const [state, title, facts] = host.isGone ? ["gone", t`No answer`, t`trying again`]
		: loading ? ["loading", loading.model_name, percent(loading.progress)]
		: name ? ["ready", name, own && line(`${own.architecture}-${own.generation}`, `${own.layers} × ${own.hidden_size}`, bytes(Object.values(own.weight_bytes).reduce((a, b) => a + b, 0)))]
		: ["none", t`No model`, t`choose one`];
	$("model-dot").className = `dot ${state}`;
	fill("model-name", title);
	fill("model-facts", facts ?? "");
	document.title = name ? `${name} · ModelHost` : "ModelHost";
	if (show("plan-box", own && !host.isGone)) fill("plan-box", planStrip(cells(own.plan), t`Plan: ${own.plan}`), make("small", own.plan));
}

const views = { chat: "Chat", text: "Text", models: "Models", host: "Host" };
const opened = {};

async function route() {
	const [name, id] = address(), view = views[name] ? name : "chat", frame = $("frame").classList;
	for (const other of Object.keys(views)) show(`view-${other}`, other === view);
	for (const link of $("views").querySelectorAll("a")) link.ariaCurrent = link.hash === `#${view}` ? "page" : null;
	frame.toggle("no-side", view === "models" || view === "host");
	frame.remove("with-chats");
	$("toggle-chats").ariaExpanded = "false";
	emit("view");
	if (view !== "chat" && view !== "text") return;
	if (id && id !== current.chat.id) return chat.open(id);
	if (id || store.kindOf(current.chat) === view) return nameAddress();
	const last = store.chat(opened[view]) ?? (view === "text" && store.chats("text")[0]);
	if (last) await openChat(last.id);
	else chat.begin({ kind: view });
}

// Puts the open conversation into the address, so that a reload finds it.
function nameAddress() {
	const { id } = current.chat, kind = store.kindOf(current.chat), [view, named] = address();
	opened[kind] = id;
	if (store.chat(id) && view === kind && !store.chat(named)) history.replaceState(null, "", `#${kind}/${id}`);
}
on("path-changed chat-opened", nameAddress);

// On a narrow page the inspector lies over the rest, and begins closed.
const narrow = matchMedia("(max-width: 68rem)"), isSideOpen = () => $("toggle-side").ariaExpanded === "true";
function showSide(isOpen = !narrow.matches && setting("side") !== false) {
	$("frame").classList.toggle("side-closed", !isOpen);
	$("frame").classList.toggle("side-open", isOpen);
	$("toggle-side").ariaExpanded = String(isOpen);
	emit("view");
}
function toggleSide() {
	showSide(!isSideOpen());
	if (!narrow.matches) set("side", isSideOpen());
}
click("toggle-side", toggleSide);
narrow.onchange = () => showSide();
click("toggle-chats", ({ currentTarget }) => { currentTarget.ariaExpanded = String($("frame").classList.toggle("with-chats")); });

const toggleHeat = () => set("heat", !setting("heat"));
const showHeat = () => { $("heat").checked = setting("heat") === true; };
$("heat").onchange = toggleHeat;
on("setting", showHeat);
showHeat();

key("Escape", "Close what is open, or stop the answer", () => {
	if (hideAlternatives()) return true;
	if (current.running) return chat.stop();
	return narrow.matches && isSideOpen() ? showSide(false) : false;
});
key("1 2 3 4 5 6 7 8 9", "Go on from that alternative", chooseByKey);
key("/", "To the message field", () => $("input").focus());
key("t", "Through the tokens of the last answer; arrows move, Enter opens", walkTokens);
key("h", "Tint tokens by surprise", toggleHeat);
key("i", "Inspector", toggleSide);
key("Ctrl+Enter", "Another answer to the last question", () => {
	const view = lastView();
	return view?.isQuestion === false && address()[0] !== "text" ? void view.run(() => chat.again(view.message)) : false;
});
const version = (by) => {
	const view = lastView(), other = view && current.tree.neighbour(view.message, by);
	return other ? void chat.choose(other) : false;
};
key("[", "Previous version", () => version(-1));
key("]", "Next version", () => version(1));
key("Alt+n", "New chat", begin);
key("Alt+ArrowUp", "Chat before", () => step(-1));
key("Alt+ArrowDown", "Chat after", () => step(1));
key("Alt+f", "Search chats", () => {
	show("search", true);
	$("search").focus();
});
Object.entries(views).forEach(([name, text], at) => key(`Alt+${at + 1}`, text, () => go(name)));

on("model", drawModel);
window.onhashchange = route;
showSide();
await store.open();
const recent = store.chats("chat")[0];
await route();
if (!location.hash && recent) await chat.open(recent.id);
else if (!location.hash.includes("/")) emit("chat-opened");
document.documentElement.classList.add("ready");
await watch();
await loadKnobs();
emit("known");
if (await store.fullness() > 0.9) emit("saving-failed", { name: "QuotaExceededError" });
