// Markdown as blocks that know where in the text each of their lines begins; what a model writes stays text throughout.

const fence = /^ {0,3}(`{3,}|~{3,})\s*([\w+#.-]*)[^`]*$/;
const head = /^ {0,3}(#{1,6})\s+/;
const rule = /^ {0,3}([-*_])(\s*\1){2,}\s*$/;
const mark = /^ {0,3}> ?/;
const item = /^( {0,3})([-*+]|\d{1,9}[.)])( {1,4}|$)/;
const dashes = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;
// Paragraphs beyond this are shown in parts, so that one more token never lays out a whole answer again.
const longest = 800;
const deepest = 8;

// Each block says where it begins, and all from one on follow from the text from there on.
export function parse(text, from = 0) {
	let at = from;
	return blocks(text.slice(from).split("\n").map((text) => {
		const line = { text, at };
		at += text.length + 1;
		return line;
	}), 0);
}

// In the order of trying; each gives the block and the line after it.
const readers = [code, heading, ruler, quote, list, table, paragraph];

function blocks(lines, depth) {
	const found = [];
	for (let index = 0; index < lines.length;) {
		const { text, at } = lines[index];
		if (!text.trim()) index += 1;
		else for (const read of readers) {
			const result = read(lines, index, depth, found.at(-1));
			if (!result) continue;
			found.push({ ...result[0], at });
			index = result[1];
			break;
		}
	}
	return found;
}

const cut = (line, from, to = line.text.length) => ({ text: line.text.slice(from, Math.max(from, to)), at: line.at + from });

function code(lines, index) {
	const opening = lines[index].text.match(fence);
	if (!opening) return;
	const [, { 0: sign, length }, language] = opening, close = RegExp(`^ {0,3}\\${sign}{${length},}\\s*$`), inside = [];
	for (index += 1; index < lines.length && !close.test(lines[index].text); index += 1) inside.push(lines[index]);
	// What may yet become the end of the block is not shown.
	if (index >= lines.length && inside.length && /^ {0,3}[`~]+$/.test(inside.at(-1).text)) inside.pop();
	return [{ type: "code", language, lines: inside }, index + 1];
}

function heading(lines, index) {
	const { text } = lines[index], match = text.match(head);
	return match && [{ type: "heading", level: match[1].length, lines: [cut(lines[index], match[0].length, text.replace(/\s+#+\s*$/, "").length)] }, index + 1];
}

function ruler(lines, index) { return rule.test(lines[index].text) && [{ type: "rule" }, index + 1]; }

function quote(lines, index, depth) {
	const own = [];
	for (let match; depth < deepest && (match = lines[index]?.text.match(mark)); index += 1) own.push(cut(lines[index], match[0].length));
	return own.length > 0 && [{ type: "quote", blocks: blocks(own, depth + 1) }, index];
}

function list(lines, index, depth) {
	const first = lines[index].text.match(item), isOrdered = /\d/.test(first?.[2]), items = [];
	if (!first || depth >= deepest) return;
	while (index < lines.length) {
		const match = lines[index].text.match(item);
		if (!match || /\d/.test(match[2]) !== isOrdered || rule.test(lines[index].text)) break;
		const indent = match[0].length, own = [cut(lines[index], indent)];
		for (index += 1; index < lines.length; index += 1) {
			const { text } = lines[index], inner = text.search(/\S/);
			if (inner < 0) {
				if ((lines[index + 1]?.text ?? "").search(/\S/) < 2) break;
				own.push(cut(lines[index], text.length));
			} else if (inner >= 2) own.push(cut(lines[index], Math.min(inner, indent)));
			else if (item.test(text) || begins(text)) break;
			else own.push(lines[index]);
		}
		items.push(blocks(own, depth + 1));
		while (index < lines.length && !lines[index].text.trim() && item.test(lines[index + 1]?.text ?? "")) index += 1;
	}
	return [{ type: "list", isOrdered, start: parseInt(first[2], 10) || 1, items }, index];
}

const begins = (text) => [fence, head, mark, rule].some((sign) => sign.test(text));

function table(lines, index) {
	const under = lines[index + 1];
	if (!lines[index].text.includes("|") || !under?.text.includes("-") || !dashes.test(under.text)) return;
	const aligns = cells(under).map(({ text }) => /^:-+:$/.test(text) ? "center" : /-:$/.test(text) ? "right" : ""), rows = [cells(lines[index])];
	for (index += 2; lines[index]?.text.includes("|"); index += 1) rows.push(cells(lines[index]));
	return [{ type: "table", aligns, rows }, index];
}

function cells(line) {
	const [, { length }, inner] = line.text.match(/^(\s*\|?)([^]*?)((?<!\\)\|)?\s*$/);
	return [...inner.matchAll(/(?<=^|\|)(\\[^]|[^|])*(?=\||$)/g)].map(({ 0: cell, index }) => {
		const from = length + index + cell.search(/\S|$/);
		return cut(line, from, from + cell.trim().length);
	});
}

function paragraph(lines, index, depth, before) {
	const own = [], start = index, { isRest } = lines[index];
	let length = 0;
	for (; index < lines.length; index += 1) {
		const { text } = lines[index];
		if (!text.trim() || (index > start && (begins(text) || item.test(text)))) break;
		if (length > 0 && length + text.length > longest) break;
		if (text.length > longest + 100) {
			// The rest of the line is a part of its own, put back in its place.
			const end = text.lastIndexOf(" ", longest) + 1 || longest;
			own.push(cut(lines[index], 0, end));
			lines[index] = { ...cut(lines[index], end), isRest: true };
			break;
		}
		own.push(lines[index]);
		length += text.length;
	}
	const goesOn = isRest || (before?.type === "paragraph" && before.end + 1 === own[0].at), { at, text } = own.at(-1);
	return [{ type: "paragraph", lines: own, goesOn, end: at + text.length }, index];
}

// Gives `{text, at}` for plain text, `{mark, parts, href}` for what is marked.
export function inline(lines) {
	const text = lines.map((line) => line.text).join("\n"), begin = [];
	let at = 0;
	for (const line of lines) {
		begin.push(at);
		at += line.text.length + 1;
	}
	const plain = (from, to) => {
		const parts = [];
		for (let row = begin.findLastIndex((start) => start <= from); from < to; row += 1) {
			const end = Math.min(to, begin[row + 1] ?? text.length);
			parts.push({ text: text.slice(from, end), at: lines[row].at + from - begin[row] });
			from = end;
		}
		return parts;
	};
	return spans(text, 0, plain);
}

// An escaped sign, code, a link, an address, and what is between two signs or one.
const marks = RegExp([
	/\\[!-/:-@[-`{-~]/,
	/(?<!`)(?<ticks>`+)(?!`)[^]*?[^`]\k<ticks>(?!`)/,
	/\[(?<name>[^[\]\n]{0,800})\]\((?<href>https?:\/\/[^\s()]+(\([^\s()]*\))?[^\s()]*)( "[^"\n]*")?\)/,
	/(?<!\w)https?:\/\/[^\s<>"'`*|[\]]+[^\s<>"'`*|[\].,;:!?)]/,
	/(?<two>\*\*|~~|(?<!\w)__)(?=\S)(?<wide>[^]{0,800}?\S)\k<two>(?!\*|(?<=_)\w)/,
	/(?<one>(?<!\*)\*(?!\*)|(?<!\w)_(?!_))(?=\S)(?<thin>[^]{0,800}?\S)(?<!\k<one>)\k<one>(?!\k<one>|(?<=_)\w)/,
].map(({ source }) => source).join("|"), "g");

function spans(text, base, plain) {
	const parts = [];
	let done = 0;
	for (const { 0: all, index, groups: { ticks, name, href, two, wide, one, thin } } of text.matchAll(marks)) {
		const at = base + index, end = at + all.length;
		parts.push(...plain(base + done, at));
		done = index + all.length;
		if (ticks) parts.push({ mark: "code", parts: plain(at + ticks.length, end - ticks.length) });
		else if (href) parts.push({ mark: "a", parts: spans(name, at + 1, plain), href });
		else if (two) parts.push({ mark: two === "~~" ? "del" : "strong", parts: spans(wide, at + 2, plain) });
		else if (one) parts.push({ mark: "em", parts: spans(thin, at + 1, plain) });
		else if (all[0] === "h") parts.push({ mark: "a", parts: plain(at, end), href: all });
		else done = index + 1;
	}
	return [...parts, ...plain(base + done, base + text.length)];
}
