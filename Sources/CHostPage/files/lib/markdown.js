// Markdown as blocks that know where in the text each of their lines begins; what a model writes stays text throughout.

const fence = /^ {0,3}(`{3,}|~{3,})\s*([\w+#.-]*)[^`]*$/;
const heading = /^ {0,3}(#{1,6})\s+/;
const rule = /^ {0,3}([-*_])(\s*\1){2,}\s*$/;
const quote = /^ {0,3}> ?/;
const item = /^( {0,3})([-*+]|\d{1,9}[.)])( {1,4}|$)/;
const dashes = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;
/** Paragraphs beyond this are shown in parts, so that one more token never lays out a whole answer again. */
const longest = 800;
const deepest = 8;

/** The lines of a text from an offset on, each with its own offset. */
function linesOf(text, from) {
  const lines = [];
  for (let at = from; at < text.length; ) {
    const end = text.indexOf("\n", at), stop = end < 0 ? text.length : end;
    lines.push({ text: text.slice(at, stop), at });
    at = stop + 1;
  }
  return lines;
}

/** The blocks of a text; each says where it begins, and all from one on follow from the text from there on. */
export const parse = (text, from = 0) => blocks(linesOf(text, from), 0);

function blocks(lines, depth) {
  const found = [];
  let index = 0;
  while (index < lines.length) {
    const { text } = lines[index];
    if (!text.trim()) {
      index += 1;
      continue;
    }
    const start = index;
    let block = null;
    let match;
    if ((match = text.match(fence))) [block, index] = code(lines, index, match);
    else if ((match = text.match(heading))) {
      block = { type: "heading", level: match[1].length, lines: [
        cut(lines[index], match[0].length, text.replace(/\s+#+\s*$/, "").length),
      ] };
      index += 1;
    } else if (rule.test(text)) {
      block = { type: "rule" };
      index += 1;
    } else if (depth < deepest && quote.test(text)) {
      while (index < lines.length && quote.test(lines[index].text)) index += 1;
      block = { type: "quote", blocks: blocks(
        lines.slice(start, index).map((line) => cut(line, line.text.match(quote)[0].length)),
        depth + 1,
      ) };
    } else if (depth < deepest && item.test(text)) [block, index] = list(lines, index, depth);
    else if (text.includes("|") && lines[index + 1]?.text.includes("-") && dashes.test(lines[index + 1].text)) [block, index] = table(lines, index);
    else [block, index] = paragraph(lines, index, found.at(-1));
    found.push({ ...block, at: lines[start].at });
  }
  return found;
}

const cut = (line, from, to = line.text.length) => ({ text: line.text.slice(from, Math.max(from, to)), at: line.at + from });

function code(lines, index, opening) {
  const close = new RegExp(`^ {0,3}\\${opening[1][0]}{${opening[1].length},}\\s*$`), inside = [];
  for (index += 1; index < lines.length && !close.test(lines[index].text); index += 1) inside.push(lines[index]);
  const isOpen = index >= lines.length;
  // What may yet become the end of the block is not shown.
  if (isOpen && inside.length && /^ {0,3}[`~]+$/.test(inside.at(-1).text)) inside.pop();
  return [{ type: "code", language: opening[2], lines: inside, isOpen }, index + 1];
}

function list(lines, index, depth) {
  const first = lines[index].text.match(item), isOrdered = /\d/.test(first[2]), items = [];
  while (index < lines.length) {
    const match = lines[index].text.match(item);
    if (!match || /\d/.test(match[2]) !== isOrdered || rule.test(lines[index].text)) break;
    const indent = match[0].length, own = [cut(lines[index], indent)];
    for (index += 1; index < lines.length; index += 1) {
      const { text } = lines[index], inner = text.search(/\S/);
      if (inner < 0) {
        const next = lines[index + 1]?.text ?? "";
        if (next.search(/\S/) < 2) break;
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

const begins = (text) => fence.test(text) || heading.test(text) || quote.test(text) || rule.test(text);

function table(lines, index) {
  const aligns = cells(lines[index + 1]).map(({ text }) => (/^:-+:$/.test(text) ? "center" : /-:$/.test(text) ? "right" : ""));
  const rows = [cells(lines[index])];
  for (index += 2; index < lines.length && lines[index].text.includes("|"); index += 1) rows.push(cells(lines[index]));
  return [{ type: "table", aligns, rows }, index];
}

function cells(line) {
  const found = [];
  let from = line.text.search(/\S/);
  if (line.text[from] === "|") from += 1;
  for (let at = from; at <= line.text.length; at += 1) {
    if (line.text[at] === "\\") at += 1;
    else if (at === line.text.length ? line.text.slice(from).trim() : line.text[at] === "|") {
      const raw = line.text.slice(from, at), lead = raw.length - raw.trimStart().length;
      found.push(cut(line, from + lead, from + lead + raw.trim().length));
      from = at + 1;
    }
  }
  return found;
}

function paragraph(lines, index, before) {
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
  const goesOn = isRest || (before?.type === "paragraph" && before.end + 1 === own[0].at);
  return [{ type: "paragraph", lines: own, goesOn, end: own.at(-1).at + own.at(-1).text.length }, index];
}

/**
 * The parts of a line of text: `{text, at}` for plain text, `{mark, parts, href}` for what is marked.
 * @param lines of one paragraph, heading or cell
 */
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

function spans(text, from, to, plain) {
  const parts = [];
  let done = from, at = from;
  const mark = (kind, inner, end, href) => {
    parts.push(...plain(done, at), { mark: kind, parts: inner, href });
    done = at = end;
  };
  while (at < to) {
    const sign = text[at];
    if (sign === "\\" && /[!-/:-@[-`{-~]/.test(text[at + 1] ?? "")) {
      parts.push(...plain(done, at));
      done = at + 1;
      at += 2;
    } else if (sign === "`") {
      const length = run(text, at), end = closing(text, at + length, to, "`", length);
      if (end < 0) at += length;
      else mark("code", plain(at + length, end), end + length);
    } else if ("*_~".includes(sign)) {
      const length = run(text, at), end = emphasis(text, at, to, length);
      if (!end) at += length;
      else {
        const wide = end.width;
        mark(sign === "~" ? "del" : wide === 2 ? "strong" : "em", spans(text, at + wide, end.at, plain), end.at + wide);
      }
    } else if (sign === "[") {
      const link = text.slice(at, Math.min(to, at + 2000)).match(
        /^\[([^[\]\n]*)\]\((https?:\/\/[^\s()]+(?:\([^\s()]*\))?[^\s()]*)(?: "[^"\n]*")?\)/,
      );
      if (link) mark("a", spans(text, at + 1, at + 1 + link[1].length, plain), at + link[0].length, link[2]);
      else at += 1;
    } else if (sign === "h" && !/\w/.test(text[at - 1] ?? "")) {
      const link = text.slice(at, Math.min(to, at + 2000)).match(/^https?:\/\/[^\s<>"'`*|[\]]+[^\s<>"'`*|[\].,;:!?)]/);
      if (link) mark("a", plain(at, at + link[0].length), at + link[0].length, link[0]);
      else at += 1;
    } else at += 1;
  }
  parts.push(...plain(done, to));
  return parts;
}

function run(text, at) {
  let end = at + 1;
  while (text[end] === text[at]) end += 1;
  return end - at;
}

/** Where a run of exactly this many signs begins; -1 without one. */
function closing(text, from, to, sign, length) {
  for (let at = text.indexOf(sign, from); at >= 0 && at < to; at = text.indexOf(sign, at)) {
    const found = run(text, at);
    if (found === length) return at;
    at += found;
  }
  return -1;
}

function emphasis(text, at, to, length) {
  const sign = text[at], width = Math.min(length, 2);
  if (sign === "~" && length !== 2) return null;
  if (/\s/.test(text[at + length] ?? " ") || (sign === "_" && /\w/.test(text[at - 1] ?? ""))) return null;
  for (let end = text.indexOf(sign, at + length); end >= 0 && end < to; ) {
    const found = run(text, end), fits = width === 2 ? found >= 2 : found !== 2;
    if (fits && !/\s/.test(text[end - 1]) && !(sign === "_" && /\w/.test(text[end + found] ?? ""))) {
      // The outer signs of a longer run belong to the outer mark.
      return { at: end + (found > width && length > width ? found - width : 0), width };
    }
    end = text.indexOf(sign, end + found);
  }
  return null;
}
