// The conversation: its messages, and what follows them on the screen.
import { $, announce, button, chat, click, current, fail, fill, hasFocus, host, make, model, on, progress, refocus, show, soft, t } from "../lib/ui.js";
import { say } from "../parts/composer.js";
import { MessageView } from "../parts/message.js";
import { showAlternatives } from "../parts/pop.js";
import { withoutModel } from "./models.js";

const list = $("messages"), scroll = $("scroll");
let follows = true;

const viewOf = (message) => [...list.children].find(({ view }) => view.message.id === message?.id)?.view;
export const lastView = () => list.lastElementChild?.view;

// Bodies are made when they come near the screen, or when there is time.
const near = new IntersectionObserver((entries) => {
	for (const { isIntersecting, target } of entries) if (isIntersecting) draw(target.view);
}, { root: scroll, rootMargin: "600px" });

function draw(view) {
	near.unobserve(view.element);
	if (!view.isDrawn) view.draw();
}

function drawRest() {
	const item = [...list.children].findLast(({ view }) => !view.isDrawn);
	if (!item) return;
	draw(item.view);
	idle(drawRest);
}
const idle = window.requestIdleCallback ?? ((act) => setTimeout(act, 30));

function drawPath() {
	const path = chat.isText() ? [] : chat.path(), hadFocus = hasFocus(list);
	const items = path.map((message) => {
		const view = viewOf(message) ?? new MessageView(message);
		if (view.isDrawn) view.drawFoot();
		return view.element;
	});
	for (const item of [...list.children]) if (!items.includes(item)) item.remove();
	items.forEach((item, at) => { if (list.children[at] !== item) list.insertBefore(item, list.children[at] ?? null); });
	for (const item of items.slice(-3)) draw(item.view);
	for (const item of items) if (!item.view.isDrawn) near.observe(item);
	idle(drawRest);
	drawEmpty();
	if (hadFocus) refocus(list.lastElementChild?.querySelector("button") ?? scroll);
	stick();
}

function drawEmpty() {
	const name = model(), loading = host.info?.loading;
	if (!show("empty", chat.path().length === 0)) return;
	fill("empty", name ? [
		make("h2", t`Ask ${name} something`),
		soft(t`Click any word of an answer to see what else it could have been, and go on from there.`),
		make("div.tries", ["Once upon a time", "How do I add my own model?", "What is 3 + 4?"].map((text) => button(text, () => say(text)))),
	] : loading ? [make("h2", t`${loading.model_name} is loading`), progress(loading.progress, t`Loading`)] : withoutModel());
}

// Stays at the end where one was there; heights change also when what was far away is laid out.
function stick() {
	if (follows) scroll.scrollTop = scroll.scrollHeight;
	show("to-end", !follows);
}

new ResizeObserver(stick).observe(list);
scroll.onscroll = () => {
	follows = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 120;
	show("to-end", !follows);
};
click("to-end", () => {
	follows = true;
	stick();
});

let growing = null;
on("message-grown", ({ message }) => {
	const isAwaited = growing !== null;
	growing = message;
	if (isAwaited) return;
	// A tab that nobody sees gets no frames.
	(document.hidden ? (act) => setTimeout(act, 500) : requestAnimationFrame)(() => {
		viewOf(growing)?.grow();
		growing = null;
	});
});
on("message-progress", ({ message, ...progress }) => viewOf(message)?.progress(progress));
on("message-changed", (message) => viewOf(message)?.draw());
// What could not be done may have put another message into the place of the one that it was about.
on("act-failed", ({ message, error }) => fail((viewOf(message) ?? lastView()).notes, error));
on("path-changed", drawPath);
on("chat-opened", () => {
	follows = true;
	fill(list);
	drawPath();
});
on("model", drawEmpty);
on("focus-version", ({ parent, label }) => {
	const arrows = [...[...list.children].find(({ view }) => view.message.parent === parent)?.querySelectorAll(".versions button:enabled") ?? []];
	(arrows.find((arrow) => arrow.ariaLabel === label) ?? arrows[0])?.focus();
});
on("answer-done", ({ state, text, usage }) => {
	if (state === "done") announce(text.length < 400 ? `${t`Answer`}: ${text}` : t`The answer is complete, ${usage?.written ?? 0} tokens.`);
	if (state === "failed") announce(t`This answer was cut off.`);
});

function openToken(span) {
	const { view } = span.closest("li"), { message } = view;
	showAlternatives(span, message.tokens, async (index, id) => {
		await view.run(() => chat.branch(message, index, id));
		announce(t`A new version from another token.`);
	});
}

list.onclick = ({ target }) => {
	const span = target.closest(".body .t");
	if (span && !current.running && !String(getSelection())) openToken(span);
};

// One token at a time is in the tab order.
export function walkTokens() {
	const spans = [...list.querySelectorAll(":scope > li.model:last-of-type .body .t")];
	const go = (at) => {
		const span = spans[Math.max(0, Math.min(spans.length - 1, at))];
		span.tabIndex = 0;
		span.role = "button";
		span.focus();
		span.onblur = () => ["tabindex", "role"].forEach((name) => span.removeAttribute(name));
		span.onkeydown = (event) => {
			const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 10, ArrowUp: -10 }[event.key];
			if (step) go(spans.indexOf(span) + step);
			else if (event.key === "Enter" || event.key === " ") openToken(span);
			else return;
			event.preventDefault();
		};
	};
	if (spans.length) go(0);
}
