// What opens beside something: a menu, and what else a token could have been, with the way on from there.
import { $, bits, button, fill, hasFocus, line, make, number, on, percent, shown, soft, t, Tokens } from "../lib/ui.js";

function open(box, { left, top, bottom }) {
	box.showPopover();
	box.style.left = `${Math.max(8, Math.min(left, innerWidth - box.offsetWidth - 8))}px`;
	box.style.top = `${bottom + box.offsetHeight > innerHeight - 14 ? Math.max(8, top - box.offsetHeight - 6) : bottom + 6}px`;
}

// @param items gives [text, act] each, and what is false is left out
export const moreButton = (kind, label, items) => button("⋯", ({ currentTarget }) => menu(currentTarget, items()), kind, { "aria-label": label, "aria-haspopup": "menu" });

function menu(anchor, items) {
	const box = $("menu");
	fill(box, items.filter(Boolean).map(([text, act]) => button(text, () => {
		box.hidePopover();
		act();
	}, "", { role: "menuitem" })));
	open(box, anchor.getBoundingClientRect());
	box.firstChild.focus();
	box.onkeydown = (event) => {
		const step = { ArrowDown: 1, ArrowUp: -1 }[event.key], all = [...box.children];
		if (!step) return;
		event.preventDefault();
		all.at((all.indexOf(document.activeElement) + step) % all.length).focus();
	};
	box.ontoggle = ({ newState }) => { if (newState === "closed" && hasFocus(box)) anchor.focus(); };
}

// Pale is what the model says, solid what the samplers leave of it.
export function row(text, before, after, { number, isChosen, ...given } = {}) {
	const isGone = after === 0 && before > 0, hasBoth = after !== undefined;
	const title = hasBoth ? t`${percent(before)} before the samplers` : null;
	return make(`${given.onclick ? "button" : "div"}.bar-row${isGone ? ".gone" : ""}${isChosen ? ".chosen" : ""}`, given,
		number && make("kbd", number), make("b", { title: shown(text) }, shown(text)),
		make("span.bar", hasBoth && make("i.raw", { "--p": before }), make("i.cut", { "--p": hasBoth ? after : before })),
		make("output", { title }, percent(after || before)));
}

let choice = null;

// @param kept the tokens of the span's message; @param branch goes on from another token
export function showAlternatives(span, kept, branch) {
	const index = Number(span.dataset.i), list = new Tokens(kept).alternatives(index).slice(0, 9), id = kept.ids[index];
	const chance = kept.logprobs[index], piece = kept.pieces[index], size = new TextEncoder().encode(piece).length;
	hideAlternatives();
	const choose = (other) => {
		hideAlternatives();
		branch(index, other.id);
	};
	const alternative = (other, at) => {
		const share = Math.exp(other.logprob);
		return make("li", row(other.text, share, undefined, {
			number: at + 1, isChosen: other.id === id, type: "button", onclick: () => choose(other),
			"aria-label": t`${shown(other.text)}, ${percent(share)}: go on with this`,
		}));
	};
	fill("alternatives",
		make("h3", `“${shown(piece)}” `, make("small", line(t`id ${String(id)}`, chance != null && percent(Math.exp(chance)),
			chance != null && `${number(bits(chance), 1)} bits`, t`${size} byte|${size} bytes`))),
		list.length > 0 && make("ol", { role: "list" }, list.map(alternative)),
		soft(list.length ? t`Click one, or press its number, to go on from there.` : t`Nothing is known of this token: it was read, not written.`));
	span.classList.add("open");
	choice = { span, list, choose };
	open($("alternatives"), span.getClientRects()[0]);
}

export function hideAlternatives() {
	if (!choice) return false;
	choice.span.classList.remove("open");
	choice = null;
	$("alternatives").hidePopover();
	return true;
}

$("alternatives").ontoggle = ({ newState, target }) => { if (newState === "closed" && !target.matches(":popover-open")) hideAlternatives(); };
on("chat-opened", hideAlternatives);

export function chooseByKey({ key }) {
	const other = choice?.list[key - 1];
	return other ? choice.choose(other) : false;
}
