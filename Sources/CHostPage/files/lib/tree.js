// A conversation as a tree: each message names the one before it, and versions are children of the same message.

export class Tree {
  /** @param messages in any order; those whose parents are missing begin the conversation. */
  constructor(messages = []) { this.messages = new Map(messages.map((message) => [message.id, message])); }

  put(message) { this.messages.set(message.id, message); }
  get(id) { return this.messages.get(id); }
  parent(message) { return this.get(message.parent) ?? null; }
  remove(messages) { for (const { id } of messages) this.messages.delete(id); }

  /** The messages that may follow one, oldest first; those of null begin the conversation. */
  children(message) {
    const own = (other) => (this.parent(other)?.id ?? null) === (message?.id ?? null);
    return [...this.messages.values()].filter(own).sort((a, b) => a.created - b.created);
  }

  /** All versions of a message, itself among them. */
  versions(message) { return this.children(this.parent(message)); }

  /** The version before or after a message. */
  neighbour(message, step) {
    const versions = this.versions(message);
    return versions[versions.indexOf(message) + step] ?? null;
  }

  /** From the first message to this one. */
  path(id) {
    const path = new Set();
    for (let at = this.get(id); at && !path.has(at); at = this.parent(at)) path.add(at);
    return [...path].reverse();
  }

  /** The end of the conversation that goes through a message, by its newest continuations. */
  leaf(message = null) {
    const seen = new Set();
    for (let next = message; !seen.has(next); next = this.children(message).at(-1) ?? message) seen.add(message = next);
    return message;
  }

  /** A message with all that follows it. */
  branch(message) {
    const all = new Set([message]);
    for (const one of all) for (const child of this.children(one)) all.add(child);
    return [...all];
  }
}
