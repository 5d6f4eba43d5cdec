"""What Slack's messages and forms are made of: blocks, each within Slack's limits.

INVARIANT: a text that does not fit is cut and says so, and where the rest is. All text is plain:
Slack finds no markup, emoji, link, name or call to all in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from handraise.service.telling.wording import visible

Block = dict[str, Any]

MAX_HEADER = 150
MAX_SECTION = 3_000
MAX_FIELD = 2_000
MAX_FIELDS = 10
MAX_BLOCKS = 50
MAX_BUTTON = 75
MAX_CONFIRM = 300
MAX_TITLE = 24
MAX_OPTION = 75
MAX_OPTIONS = 100
MAX_TYPED = 3_000
MAX_BODY = 9_000
"""So much of a long message stands in Slack; a rich text has no limit of its own that is told."""


def cut(text: str, most: int) -> str:
    """Return a text no longer than `most`, at least 60; one that is cut says how much is missing.

    Example:
        >>> cut("x" * 100, 60)
        'xxxxxxxxxx… (90 more characters are on the page)'
    """
    if len(text) <= most:
        return text
    kept = most - 50
    return f"{text[:kept]}… ({len(text) - kept:,} more characters are on the page)"


def short(text: str, most: int) -> str:
    """Return a text of one line no longer than `most`; one that is cut ends with `…`."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def plain(text: str) -> Block:
    """Return text that Slack shows as it is, hidden characters spelled out."""
    return {"type": "plain_text", "text": text or " ", "emoji": False}


def header(text: str) -> Block:
    """Return a heading."""
    return {"type": "header", "text": plain(short(visible(text), MAX_HEADER))}


def section(text: str) -> Block:
    """Return a paragraph."""
    return {"type": "section", "text": plain(cut(visible(text), MAX_SECTION))}


def pairs(named: Sequence[tuple[str, str]], *, most: int, room: int) -> tuple[list[Block], bool]:
    """Return names with their values, ten a block, and whether that is all of them.

    Whole ones alone stand there: the first that does not fit is left out, and all after it.

    Args:
        named: names and values.
        most: so many at most.
        room: so many characters at most in all, each hidden one counted as it is spelled out.
    """
    fields: list[Block] = []
    for name, value in named:
        text = f"{visible(name)}\n{visible(value)}"
        room -= len(text)
        if room < 0 or len(text) > MAX_FIELD or len(fields) == most:
            break
        fields.append(plain(text))
    found: list[Block] = [
        {"type": "section", "fields": fields[start : start + MAX_FIELDS]}
        for start in range(0, len(fields), MAX_FIELDS)
    ]
    return found, len(fields) == len(named)


def note(text: str) -> Block:
    """Return a line in small print."""
    return {"type": "context", "elements": [plain(cut(visible(text), MAX_FIELD))]}


def button(
    words: str, action: str, value: str = "", *, style: str = "", url: str = "", ask: Block | None
) -> Block:
    """Return a button.

    Args:
        words: what stands on it.
        action: what it is called when it was pressed.
        value: what it sends along.
        style: primary, danger, or empty.
        url: the page it opens.
        ask: what is asked before it counts; None for nothing.
    """
    made: Block = {
        "type": "button",
        "text": plain(short(words, MAX_BUTTON)),
        "action_id": action,
    }
    more = {"value": value, "style": style, "url": url, "confirm": ask}
    return made | {name: given for name, given in more.items() if given}


def actions(buttons: Sequence[Block]) -> Block:
    """Return buttons in a row."""
    return {"type": "actions", "elements": list(buttons)}


def rich(text: str, base_url: str) -> list[Block]:
    """Return a text of several lines; one that is an address of the pages, and no other, is a link.

    Args:
        text: as in a mail.
        base_url: of the pages.
    """
    lines = cut(visible(text), MAX_BODY).splitlines()
    return [
        {
            "type": "rich_text",
            "elements": [{"type": "rich_text_section", "elements": list(_parts(part, base_url))}],
        }
        for part in _portions(lines)
    ]


def _portions(lines: Sequence[str]) -> Iterator[list[str]]:
    """Yield the lines in portions that a block holds."""
    portion: list[str] = []
    size = 0
    for line in lines:
        for start in range(0, max(len(line), 1), MAX_SECTION - 1):
            piece = line[start : start + MAX_SECTION - 1]
            if portion and size + len(piece) + 1 > MAX_SECTION:
                yield portion
                portion, size = [], 0
            portion.append(piece)
            size += len(piece) + 1
    if portion:
        yield portion


def _parts(lines: Sequence[str], base_url: str) -> Iterator[Block]:
    words: list[str] = []
    for line in lines:
        address = line.strip()
        if address.startswith(f"{base_url}/") and " " not in address:
            if words:
                yield {"type": "text", "text": "\n".join([*words, ""])}
            yield {"type": "link", "url": address, "text": address}
            words = [""]
        else:
            words.append(line)
    if any(words):
        yield {"type": "text", "text": "\n".join(words)}


def confirm(title: str, text: str, yes: str, no: str) -> Block:
    """Return what is asked before a button counts."""
    return {
        "title": plain(short(title, 100)),
        "text": plain(short(visible(text), MAX_CONFIRM)),
        "confirm": plain(short(yes, 30)),
        "deny": plain(short(no, 30)),
    }
