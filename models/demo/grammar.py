"""A small text grammar: `(a|b)` is a choice, `[x]` is optional, `{name}` is a slot. The same text is a generator and a regular expression."""

import re


def parse(text):
    """Text -> nested tuples: ("seq", parts), ("alt", options), ("slot", name), or a plain string."""
    node, at = _alternatives(text, 0, None)
    return node


def _alternatives(text, at, close):
    options, parts, plain = [], [], ""
    while True:
        c = text[at] if at < len(text) else None
        if c is None or c == close or c == "|":
            if plain:
                parts.append(plain)
            options.append(("seq", tuple(parts)))
            parts, plain = [], ""
            if c == "|":
                at += 1
                continue
            if c is None and close is not None:
                raise ValueError(f"no {close} in: {text}")
            node = options[0] if len(options) == 1 else ("alt", tuple(options))
            return node, at + (c is not None)
        if c in "([":
            if plain:
                parts.append(plain)
                plain = ""
            inner, at = _alternatives(text, at + 1, ")" if c == "(" else "]")
            parts.append(inner if c == "(" else ("alt", (inner, ("seq", ()))))
        elif c == "{":
            if plain:
                parts.append(plain)
                plain = ""
            end = text.index("}", at)
            parts.append(("slot", text[at + 1:end]))
            at = end + 1
        else:
            plain += c
            at += 1


def write(node, random, fill):
    """One random text of the node; `fill(name)` gives a slot's text."""
    if isinstance(node, str):
        return node
    kind, value = node
    if kind == "seq":
        return "".join(write(part, random, fill) for part in value)
    if kind == "alt":
        return write(random.choice(value), random, fill)
    return fill(value)


def pattern(node, fill):
    """A regular expression of the node; `fill(name)` gives a slot's expression."""
    if isinstance(node, str):
        return re.escape(node)
    kind, value = node
    if kind == "seq":
        return "".join(pattern(part, fill) for part in value)
    if kind == "alt":
        return "(?:" + "|".join(pattern(part, fill) for part in value) + ")"
    return fill(value)
