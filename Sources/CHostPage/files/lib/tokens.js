// The tokens of an answer with what else each could have been; flat lists, so that long answers stay cheap to keep.

/** How many alternatives are kept for each token. */
export const alternativeCount = 8;

export class Tokens {
  constructor(kept = {}) {
    this.plain = { ids: [], logprobs: [], pieces: [], tops: [], names: {}, forced: [], ...kept };
    this.decoder = new TextDecoder();
  }

  get count() { return this.plain.ids.length; }
  get text() { return this.plain.pieces.join(""); }

  /** Takes entries as the API gives them. A token that ends inside a character has an empty piece. */
  add(entries) {
    for (const { token_id: id, bytes, logprob, top_logprobs: tops } of entries) {
      if (id === undefined) continue;
      this.push(id, this.decoder.decode(new Uint8Array(bytes), { stream: true }), logprob,
        tops.map((other) => ({ id: other.token_id, logprob: other.logprob, text: other.token })));
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

  /** The first `count` tokens, and another one after them. */
  fork(count, id) {
    const { ids, pieces, logprobs, tops, names, forced } = this.plain, alternatives = this.alternatives(count);
    const [first, piecesBefore, chances, topsBefore] = [ids, pieces, logprobs, tops].map((list) => list.slice(0, count));
    const fork = new Tokens({ ids: first, pieces: piecesBefore, logprobs: chances, tops: topsBefore, names: { ...names },
      forced: [...forced.filter((place) => place < count), count] });
    const { text, logprob } = alternatives.find((other) => other.id === id);
    fork.push(id, text.startsWith("bytes:") ? "" : text, logprob, alternatives);
    return fork;
  }

  /** What a token could have been, the likeliest first; the token itself is always among them. */
  alternatives(index) {
    const { ids, pieces, logprobs, tops, names } = this.plain, top = tops[index] ?? [], list = [];
    for (let at = 0; at < top.length; at += 2) list.push({ id: top[at], logprob: top[at + 1], text: names[top[at]] });
    if (logprobs[index] != null && !list.some(({ id }) => id === ids[index])) {
      list.push({ id: ids[index], logprob: logprobs[index], text: pieces[index] });
    }
    return list;
  }
}

/** 0 to 3, by how unlikely a token was. */
export const surprise = (logprob) => [0.6, 0.25, 0.05].filter((limit) => logprob != null && Math.exp(logprob) < limit).length;

/** How surprising a token was, in bits. */
export const bits = (logprob) => -logprob / Math.LN2;

/** The bits a token of those that were not only read; undefined without any. */
export function meanBits(logprobs) {
  const known = logprobs.filter((logprob) => logprob != null);
  return known.length ? bits(known.reduce((sum, logprob) => sum + logprob, 0)) / known.length : undefined;
}

/** The text of tokens and where each begins in it; only what is new is added while an answer grows. */
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

/**
 * Where the tokens of a message begin in its text; null where the two do not agree, or there are none.
 * @returns {{starts: number[], base: number, logprobs: number[], forced: number[]} | null}
 */
export function places({ tokens, text }) {
  if (!tokens?.ids.length || !text) return null;
  const { starts, text: raw } = laidOut(tokens.pieces), { logprobs, forced } = tokens;
  let base = raw.length - raw.trimStart().length;
  if (!raw.startsWith(text, base)) base = raw.lastIndexOf(text);
  return base < 0 ? null : { starts, base, logprobs, forced };
}
