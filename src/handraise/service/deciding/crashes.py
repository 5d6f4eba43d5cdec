"""What is told of an exception that escaped: its kind, where it passed, and its words, masked.

INVARIANT: telling of an exception never raises, whatever the exception is; the first line has no
words of it, since it stands in messages too; nothing is read from files.
"""

from __future__ import annotations

import asyncio
import traceback
from collections import deque
from collections.abc import Iterator

from handraise.core.masking import masked
from handraise.errors import HumanNeeded

MAX_FRAMES = 6
MAX_WORDS = 300
MAX_CAUSES = 2
MAX_OF_GROUP = 3
MAX_TEXT = 2_000

ENDINGS: tuple[tuple[type[BaseException], str], ...] = (
    (KeyboardInterrupt, "The process was interrupted from outside: it is ending."),
    (SystemExit, "The process is ending: the agent's own code ended it in the middle of the work."),
    (GeneratorExit, "What the work ran in was closed before the work was done."),
    (asyncio.CancelledError, "The task was cancelled before the work was done."),
)
"""What is no error of the agent, and yet left its work undone."""


def is_crash(error: BaseException | None) -> bool:
    """Whether an exception that escaped means that the work failed: a stop for a person does not.

    Example:
        >>> is_crash(ValueError()), is_crash(None)
        (True, False)
    """
    if isinstance(error, BaseExceptionGroup):
        return error.split(HumanNeeded)[1] is not None
    return error is not None and not isinstance(error, HumanNeeded)


def crash_told(error: BaseException) -> str:
    """Return what people are told of an exception, the last lines of its traceback last.

    Args:
        error: that escaped; a group is told with the first three of its exceptions.

    Returns:
        At most 2,000 characters. The first line is its kind and place, without a word of it.
    """
    try:
        lines = list(_lines(error))
        return "\n".join([lines[0], _cut("\n".join(lines[1:]), MAX_TEXT - len(lines[0]) - 1)])
    except Exception:  # noqa: BLE001 - an exception that cannot be told of is still a crash
        return "an exception that cannot be told of"


def _lines(error: BaseException) -> Iterator[str]:
    places = list(_places(error))
    yield f"{_kind(error)}{places[-1].replace('  in', ' in', 1) if places else ''}"
    yield from (words for kind, words in ENDINGS if isinstance(error, kind))
    yield from _of_causes(error)
    yield from places
    yield _said(error)
    if isinstance(error, BaseExceptionGroup):
        yield from _of_group(error)


def _of_causes(error: BaseException) -> Iterator[str]:
    """Yield what led to an exception, the first cause first, as a traceback has it."""
    seen, chain = {id(error)}, list[BaseException]()
    cause = _before(error)
    while cause is not None and id(cause) not in seen and len(chain) < MAX_CAUSES:
        seen.add(id(cause))
        chain.append(cause)
        cause = _before(cause)
    for one in reversed(chain):
        yield from list(_places(one))[-2:]
        yield _said(one)
        yield "which led to:"


def _before(error: BaseException) -> BaseException | None:
    if error.__cause__ is not None or error.__suppress_context__:
        return error.__cause__
    return error.__context__


def _of_group(group: BaseExceptionGroup[BaseException]) -> Iterator[str]:
    """Yield the first exceptions of a group, each with its place."""
    leaves = list(_leaves(group))
    for number, one in enumerate(leaves[:MAX_OF_GROUP], 1):
        yield f"{number} of {len(leaves)} in the group:"
        yield from list(_places(one))[-2:]
        yield _said(one)


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    left: deque[BaseException] = deque([group])
    while left:
        one = left.popleft()
        if isinstance(one, BaseExceptionGroup):
            left.extendleft(reversed(one.exceptions))
        else:
            yield one


def _places(error: BaseException) -> Iterator[str]:
    """Yield the last places an exception passed, the one where it was raised last."""
    for frame, line in deque(traceback.walk_tb(error.__traceback__), MAX_FRAMES):
        code = frame.f_code
        file = code.co_filename.replace("\\", "/").rsplit("/", 1)[-1]
        yield f"  in {_cut(code.co_qualname, 100)} ({_cut(file, 60)}:{line})"


def _said(error: BaseException) -> str:
    """Return an exception's kind and words, as the last line of a traceback, masked."""
    try:
        words = str(error)[: 4 * MAX_WORDS]
    except Exception:  # noqa: BLE001 - the words of an exception may be any code
        return f"{_kind(error)}: its words cannot be read"
    line = " ".join(_cut(masked(words), MAX_WORDS).split())
    return f"{_kind(error)}: {line}" if line else _kind(error)


def _kind(error: BaseException) -> str:
    # Not `type(error).__name__`: what its metaclass says may be any code.
    name: str = type.__dict__["__name__"].__get__(type(error))
    return _cut(name, 100)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
