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
	const { text } = line, found = [];
	let from = text.search(/\S/);
	if (text[from] === "|") from += 1;
	for (let at = from; at <= text.length; at += 1) {
		if (text[at] === "\\") at += 1;
		else if (at === text.length ? text.slice(from).trim() : text[at] === "|") {
			const raw = text.slice(from, at), lead = raw.length - raw.trimStart().length;
			found.push(cut(line, from + lead, from + lead + raw.trim().length));
			from = at + 1;
		}
	}
	return found;
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
	return spans(text, 0, text.length, plain);
}

const named = /^\[([^[\]\n]*)\]\((https?:\/\/[^\s()]+(?:\([^\s()]*\))?[^\s()]*)(?: "[^"\n]*")?\)/;
const bare = /^https?:\/\/[^\s<>"'`*|[\]]+[^\s<>"'`*|[\].,;:!?)]/;

function spans(text, from, to, plain) {
	const parts = [];
	let done = from, at = from;
	const add = (mark, inner, end, href) => {
		parts.push(...plain(done, at), { mark, parts: inner, href });
		done = at = end;
	};
	const link = (form) => text.slice(at, Math.min(to, at + 2000)).match(form) ?? [""];
	while (at < to) {
		const sign = text[at], start = at;
		if (sign === "\\" && /[!-/:-@[-`{-~]/.test(text[at + 1] ?? "")) {
			parts.push(...plain(done, at));
			done = at + 1;
			at += 2;
		} else if (sign === "`") {
			const length = run(text, at), end = closing(text, at + length, to, length);
			if (end < 0) at += length;
			else add("code", plain(at + length, end), end + length);
		} else if ("*_~".includes(sign)) {
			const length = run(text, at), end = emphasis(text, at, to, length), wide = Math.min(length, 2);
			if (end < 0) at += length;
			else add(sign === "~" ? "del" : wide === 2 ? "strong" : "em", spans(text, at + wide, end, plain), end + wide);
		} else if (sign === "[") {
			const [all, name, href] = link(named);
			if (all) add("a", spans(text, at + 1, at + 1 + name.length, plain), at + all.length, href);
		} else if (sign === "h" && !/\w/.test(text[at - 1] ?? "")) {
			const [all] = link(bare);
			if (all) add("a", plain(at, at + all.length), at + all.length, all);
		}
		if (at === start) at += 1;
	}
	parts.push(...plain(done, to));
	return parts;
}

function run(text, at) {
	let end = at + 1;
	while (text[end] === text[at]) end += 1;
	return end - at;
}

function closing(text, from, to, length) {
	for (let at = text.indexOf("`", from); at >= 0 && at < to; at = text.indexOf("`", at)) {
		const found = run(text, at);
		if (found === length) return at;
		at += found;
	}
	return -1;
}

function emphasis(text, at, to, length) {
	const sign = text[at], isWide = length > 1;
	if (sign === "~" && length !== 2) return -1;
	if (/\s/.test(text[at + length] ?? " ") || (sign === "_" && /\w/.test(text[at - 1] ?? ""))) return -1;
	for (let end = text.indexOf(sign, at + length); end >= 0 && end < to; ) {
		const found = run(text, end), fits = isWide ? found >= 2 : found !== 2;
		// The outer signs of a longer run belong to the outer mark.
		if (fits && !/\s/.test(text[end - 1]) && !(sign === "_" && /\w/.test(text[end + found] ?? ""))) return found > 2 && length > 2 ? end + found - 2 : end;
		end = text.indexOf(sign, end + found);
	}
	return -1;
}
