// What opens beside something: a menu, and what else a token could have been, with the way on from there.
import { $, fill, make, on } from "../lib/dom.js";
import { line, number, percent, shown, t } from "../lib/i18n.js";
import { bits, Tokens } from "../lib/tokens.js";

function open(box, { left, top, bottom }) {
  box.showPopover();
  box.style.left = `${Math.max(8, Math.min(left, innerWidth - box.offsetWidth - 8))}px`;
  box.style.top = `${bottom + box.offsetHeight > innerHeight - 14 ? Math.max(8, top - box.offsetHeight - 6) : bottom + 6}px`;
}

/** @param items [text, act] each; what is false is left out */
export function menu(anchor, items) {
  const box = $("menu"), item = ([text, act]) => make("button", { type: "button", role: "menuitem", onclick: () => {
    box.hidePopover();
    act();
  } }, text);
  fill(box, items.filter(Boolean).map(item));
  open(box, anchor.getBoundingClientRect());
  box.firstChild.focus();
  box.onkeydown = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key], all = [...box.children];
    if (!step) return;
    event.preventDefault();
    all[(all.indexOf(document.activeElement) + step + all.length) % all.length].focus();
  };
  box.ontoggle = ({ newState }) => { if (newState === "closed" && box.contains(document.activeElement)) anchor.focus(); };
}

/** A probability as a row: its token, its bar, its share. Pale is what the model says, solid what the samplers leave of it. */
export function row(text, before, after, { number, isChosen, ...given } = {}) {
  const isGone = after === 0 && before > 0, hasBoth = after !== undefined;
  const title = hasBoth ? t("{share} before the samplers", { share: percent(before) }) : null;
  return make(`${given.onclick ? "button" : "div"}.bar-row${isGone ? ".gone" : ""}${isChosen ? ".chosen" : ""}`, given,
    number && make("kbd", number), make("b", { title: shown(text) }, shown(text)),
    make("span.bar", hasBoth && make("i.raw", { "--p": before }), make("i.cut", { "--p": hasBoth ? after : before })),
    make("output", { title }, percent(after || before)));
}

let choice = null;

/**
 * Shows the alternatives of a token.
 * @param span of the token; @param kept the tokens of its message; @param branch goes on from another token
 */
export function showAlternatives(span, kept, branch) {
  const index = Number(span.dataset.i), list = new Tokens(kept).alternatives(index).slice(0, 9), id = kept.ids[index];
  const chance = kept.logprobs[index], piece = kept.pieces[index];
  hideAlternatives();
  const choose = (other) => {
    hideAlternatives();
    branch(index, other.id);
  };
  const alternative = (other, at) => {
    const share = Math.exp(other.logprob), label = t("{piece}, {share}: go on with this", { piece: shown(other.text), share: percent(share) });
    return make("li", row(other.text, share, undefined, {
      number: at + 1, isChosen: other.id === id, type: "button", "aria-label": label, onclick: () => choose(other),
    }));
  };
  fill($("alternatives"),
    make("h3", `“${shown(piece)}” `, make("small", line(t("id {id}", { id: String(id) }), chance != null && percent(Math.exp(chance)),
      chance != null && t("{bits} bits", { bits: number(bits(chance), 1) }), t("{n} byte|{n} bytes", { n: new TextEncoder().encode(piece).length })))),
    list.length > 0 && make("ol", { role: "list" }, list.map(alternative)),
    make("p.soft", list.length ? t("Click one, or press its number, to go on from there.") : t("Nothing is known of this token: it was read, not written.")));
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

$("alternatives").addEventListener("toggle", ({ newState }) => { if (newState === "closed" && choice && !$("alternatives").matches(":popover-open")) hideAlternatives(); });
on("chat-opened", hideAlternatives);

/** Takes a number key; false where nothing is open. */
export function chooseByKey(key) {
  const other = choice?.list[Number(key) - 1];
  return other ? choice.choose(other) : false;
}
