// What would come next, before and after the samplers; follows what one types and every knob.
import { $, address, ask, chat, current, debounce, fields, fill, make, model, on, percent, promptOf, show, t } from "../lib/ui.js";
import { row } from "./pop.js";

// Reading a longer draft over and over would keep the model from its texts.
const longest = 4000;
let ticket = 0;
// By view: gives the text to look after, and where that ends in words.
export const sources = { chat: chatText };

async function chatText() {
	const path = chat.path(), draft = $("input").value.trim(), last = path.at(-1);
	if (draft.length > longest) return [];
	if (draft) {
		const prompt = await promptOf(current.chat, [...path, { role: "user", text: draft }]), end = prompt.lastIndexOf(draft);
		return [end < 0 ? prompt : prompt.slice(0, end + draft.length), t`as you type`];
	}
	return last?.role === "assistant" && last.text ? [await promptOf(current.chat, path), t`after the answer`] : [];
}

async function look() {
	const own = ++ticket, panel = $("next-panel"), source = sources[address()[0]];
	if (!panel.open || !panel.offsetParent || !model() || chat.writing() || !source) return;
	try {
		const [prompt, where = ""] = await source();
		if (own !== ticket) return;
		fill("next-where", where);
		if (!prompt) return clear(t`Write something to see it here.`);
		const { max_tokens: _, stop: __, ...samplers } = fields();
		const { tokens, kept } = await ask("/v1/internal/logits", { prompt, top_logits: 10, detailed: true, ...samplers });
		if (own !== ticket) return;
		fill("next", tokens.map(({ token, probability, sampled }) => make("li", row(token, probability, sampled))));
		fill("next-kept", t`mass kept ${percent(kept)}`);
		show("next-legend", true);
	} catch ({ status, message }) {
		if (own === ticket) clear(status === 0 ? "" : message);
	}
}

function clear(text) {
	fill("next", make("li.soft", text));
	show("next-legend", false);
}

const lookSoon = debounce(120, look);
on("draft answer-done chat-opened model path-changed sampling-replaced view", lookSoon);
on("setting", (name) => { if (name.startsWith("sampling.")) lookSoon(); });
$("next-panel").ontoggle = lookSoon;
