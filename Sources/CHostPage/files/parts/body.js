// The text of a message as nodes: blocks of Markdown whose words know the tokens that they came of. Only what is at the end
// is made again while a text grows.
import { inline, parse } from "../lib/markdown.js";
import { copyButton, make, surprise, t } from "../lib/ui.js";

export class Body {
	constructor(isPlain) {
		Object.assign(this, { element: make("div.body"), isPlain, text: "", blocks: [], places: null, token: 0 });
	}

	show(text, places = null) {
		const grows = this.blocks.length > 0 && places?.base === this.places?.base && text.startsWith(this.text);
		const kept = grows ? this.blocks.length - 1 : 0, old = this.blocks.splice(kept), last = grows ? old[0] : null, from = kept ? last.at : 0;
		Object.assign(this, { places, text });
		const fresh = this.isPlain ? plainBlocks(text, from) : parse(text, from);
		if (kept && fresh[0]) fresh[0].goesOn ||= last.goesOn;
		if (last && fresh[0] && this.grow(last, fresh[0])) {
			this.blocks.push({ ...last, lines: fresh.shift().lines });
			old.shift();
		}
		for (const { node } of old) node.remove();
		for (const block of fresh) {
			block.node = this.node(block);
			this.element.append(block.node);
			this.blocks.push(block);
		}
	}

	// Whether an open block of code can take in what is new at its end instead of being made again.
	grow(old, fresh) {
		if (fresh.type !== "code" || !old.inner || old.at !== fresh.at || old.language !== fresh.language) return false;
		const { length } = source(fresh);
		if (length < old.length) return false;
		old.inner.append(...this.code(fresh, old.length));
		old.length = length;
		return true;
	}

	code({ lines }, from = 0) {
		let at = 0;
		return lines.flatMap((line, row) => {
			const text = row < lines.length - 1 ? `${line.text}\n` : line.text, skipped = Math.max(0, from - at);
			at += text.length;
			return skipped < text.length ? this.leaf(text.slice(skipped), line.at + skipped) : [];
		});
	}

	leaf(text, at) {
		if (!this.places) return [text];
		const { starts, base, logprobs, forced } = this.places, nodes = [], from = at + base, to = from + text.length;
		// Texts come mostly in order, so that the token is near the one before.
		let index = starts[this.token] <= from ? this.token : 0;
		while (starts[index + 1] <= from) index += 1;
		for (let done = from; done < to; index += 1) {
			const end = Math.min(to, starts[index + 1] ?? to), level = surprise(logprobs[index]);
			if (end <= done) continue;
			const span = document.createElement("span");
			span.className = `t${level ? ` s${level}` : ""}${forced.includes(index) ? " forced" : ""}`;
			span.textContent = text.slice(done - from, end - from);
			span.dataset.i = index;
			nodes.push(span);
			done = end;
			this.token = index;
		}
		return nodes;
	}

	node(block) {
		const words = (lines) => this.words(inline(lines)), inner = (blocks) => blocks.map((block) => this.node(block));
		const { type, lines, isOrdered } = block;
		switch (type) {
			case "plain": return make("div.plain", this.leaf(block.text, block.at));
			case "heading": return make(`h${Math.min(6, block.level + 2)}`, words(lines));
			case "rule": return make("hr");
			case "quote": return make("blockquote", inner(block.blocks));
			case "list": return make(isOrdered ? "ol" : "ul", isOrdered ? { start: block.start } : {}, block.items.map((item) => make("li", inner(item))));
			case "table": {
				const row = (cells, tag) => make("tr", cells.map((cell, at) => make(`${tag}.${block.aligns[at] ?? ""}`, words([cell]))));
				const [head, ...rows] = block.rows;
				return make("div.table", { tabIndex: 0, role: "group", "aria-label": t`Table` },
					make("table", make("thead", row(head, "th")), make("tbody", rows.map((cells) => row(cells, "td")))));
			}
			case "code": {
				const code = make("code", this.code(block));
				Object.assign(block, { inner: code, length: source(block).length });
				return make("div.code", make("div.code-head", make("span", block.language || t`code`), copyButton(() => code.textContent, "quiet")),
					make("pre", { tabIndex: 0 }, code));
			}
			default: return make(block.goesOn ? "p.more" : "p", words(lines));
		}
	}

	words(parts) {
		return parts.flatMap(({ mark, parts, href, text, at }) => mark
			? make(mark, href ? { href, target: "_blank", rel: "noopener noreferrer nofollow" } : {}, this.words(parts)) : this.leaf(text, at));
	}
}

const source = ({ lines }) => lines.map(({ text }) => text).join("\n");

function plainBlocks(text, from) {
	const found = [];
	for (let at = from, end; at < text.length; at = end) {
		const line = text.lastIndexOf("\n", at + 1000), word = text.lastIndexOf(" ", at + 1000);
		end = text.length - at <= 1200 ? text.length : Math.max(line, word > at + 500 ? word : 0, at + 900) + 1;
		found.push({ type: "plain", at, text: text.slice(at, end) });
	}
	return found;
}
