"""What a check found out about one thing."""

import dataclasses

PASSED, FAILED, SEEN, NOT_RUN = "passed", "failed", "seen", "not run"


@dataclasses.dataclass
class Finding:
    """A verdict on one item; `seen` is a measurement, which targets judge and nothing else does."""

    item: str
    verdict: str
    text: str = ""
    numbers: dict = dataclasses.field(default_factory=dict)


def expect(item, holds, text, **numbers):
    return Finding(item, PASSED if holds else FAILED, text, numbers)


def seen(item, text, **numbers):
    return Finding(item, SEEN, text, numbers)


def not_run(item, reason):
    return Finding(item, NOT_RUN, reason)


def attempt(item, function, *arguments):
    """What the function found; an error of any kind is a failure of this item alone."""
    try:
        return function(item, *arguments)
    except (Exception, SystemExit) as error:
        return Finding(item, FAILED, f"{type(error).__name__}: {error}"[:600])
