// The tokens of an answer with what else each could have been; flat lists, so that long answers stay cheap to keep.
import { line, number, t, tokenCount } from "./i18n.js";

export const alternativeCount = 8;

export class Tokens {
	constructor(kept) {
		this.plain = { ids: [], logprobs: [], pieces: [], tops: [], names: {}, forced: [], ...kept };
		this.decoder = new TextDecoder();
	}

	get count() { return this.plain.ids.length; }
	get text() { return this.plain.pieces.join(""); }

	// A token that ends inside a character has an empty piece.
	add(entries) {
		for (const { token_id: id, bytes, logprob, top_logprobs: tops } of entries) if (id !== undefined) {
			this.push(id, this.decoder.decode(new Uint8Array(bytes), { stream: true }), logprob,
				tops.map(({ token_id: id, logprob, token: text }) => ({ id, logprob, text })));
		}
	}

	push(id, piece, logprob, alternatives) {
		const { ids, pieces, logprobs, tops, names } = this.plain;
		ids.push(id);
		pieces.push(piece);
		logprobs.push(logprob);
		tops.push(alternatives.flatMap((other) => [other.id, Math.round(other.logprob * 1e4) / 1e4]));
		for (const other of alternatives) names[other.id] ??= other.text;
	}

	fork(count, id) {
		const fork = new Tokens(structuredClone(this.plain)), { ids, logprobs, pieces, tops, forced } = fork.plain, alternatives = this.alternatives(count);
		for (const list of [ids, logprobs, pieces, tops]) list.length = count;
		fork.plain.forced = [...forced.filter((place) => place < count), count];
		const { text, logprob } = alternatives.find((other) => other.id === id);
		fork.push(id, text.startsWith("bytes:") ? "" : text, logprob, alternatives);
		return fork;
	}

	// What a token could have been, the likeliest first; the token itself is always among them.
	alternatives(index) {
		const { ids, pieces, logprobs, tops, names } = this.plain, id = ids[index], logprob = logprobs[index], top = tops[index] ?? [], list = [];
		for (let at = 0; at < top.length; at += 2) list.push({ id: top[at], logprob: top[at + 1], text: names[top[at]] });
		if (logprob != null && !list.some((other) => other.id === id)) list.push({ id, logprob, text: pieces[index] });
		return list;
	}
}

export const surprise = (logprob) => [0.6, 0.25, 0.05].filter((limit) => logprob != null && Math.exp(logprob) < limit).length;

export const bits = (logprob) => -logprob / Math.LN2;

function meanBits(logprobs) {
	const known = logprobs.filter((logprob) => logprob != null);
	return known.length ? bits(known.reduce((sum, logprob) => sum + logprob, 0)) / known.length : undefined;
}

export function facts({ model, role, usage, seconds, tokens, isEdited, written, state }) {
	const count = tokens?.ids.length || usage?.written, mean = role === "text" ? meanBits(tokens?.logprobs ?? []) : undefined;
	return line(model, isEdited && t`edited by you`, count && tokenCount(count), mean !== undefined && t`${number(mean, 2)} bits a token`,
		written > 1 && seconds > 0 && `${number((written - 1) / seconds)}/s`,
		usage && t`${usage.cached} of ${usage.prompt} kept`, state === "stopped" && t`stopped`);
}

// Only what is new is added while an answer grows.
const known = new WeakMap();
function laidOut(pieces) {
	const laid = known.get(pieces) ?? { starts: [], text: "" };
	for (const piece of pieces.slice(laid.starts.length)) {
		laid.starts.push(laid.text.length);
		laid.text += piece;
	}
	known.set(pieces, laid);
	return laid;
}

// Null where tokens and text do not agree.
export function places({ tokens, text }) {
	if (!tokens?.ids.length || !text) return null;
	const { starts, text: raw } = laidOut(tokens.pieces), { logprobs, forced } = tokens;
	let base = raw.length - raw.trimStart().length;
	if (!raw.startsWith(text, base)) base = raw.lastIndexOf(text);
	return base < 0 ? null : { starts, base, logprobs, forced };
}
