// A conversation as a tree: each message names the one before it, and versions are children of the same message. Those whose
// parents are missing begin the conversation.

export class Tree {
	messages = new Map();

	get(id) { return this.messages.get(id); }
	parent(message) { return this.get(message.parent); }

	children(message) {
		return [...this.messages.values()].filter((other) => this.parent(other)?.id === message?.id).sort((a, b) => a.created - b.created);
	}

	versions(message) { return this.children(this.parent(message)); }

	neighbour(message, step) {
		const versions = this.versions(message);
		return versions[versions.indexOf(message) + step];
	}

	path(id) {
		const path = new Set();
		for (let at = this.get(id); at && !path.has(at); at = this.parent(at)) path.add(at);
		return [...path].reverse();
	}

	// The end of the conversation that goes through a message, by its newest continuations.
	leaf(message) {
		const seen = new Set();
		for (let next = message; !seen.has(next); next = this.children(message).at(-1) ?? message) seen.add(message = next);
		return message;
	}

	branch(message) {
		const all = new Set([message]);
		for (const one of all) for (const child of this.children(one)) all.add(child);
		return [...all];
	}
}
