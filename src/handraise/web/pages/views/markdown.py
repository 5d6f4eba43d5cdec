"""Markdown as plain blocks: read by its grammar, never turned into HTML, nothing left out unsaid.

The template prints the blocks and escapes them. A heading becomes a strong paragraph, an address
stands as text and is no link, a picture is told and not fetched. INVARIANTS: what is parsed is
bounded before it is parsed; whatever the blocks cannot show stands as it came.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token
from msgspec import Struct

from handraise.web.pages.views.cells import LONG_CHARACTERS, Words, words
from handraise.web.pages.views.marks import Run, runs

MOST_PARSED = 10_000
"""Characters that are read as Markdown; what comes after them stands as it came."""

MOST_NESTED = 10
MOST_BLOCKS = 120
"""So many blocks a text is laid out in; what comes after them stands as it came."""

MOST_TOKENS = 600
"""So many tokens a block may be made of; a larger one stands as it came."""

_LOOKS = re.compile(
    r"[*_`#>\[\]!|~<\\&]|^ {0,3}(?:[-+]|\d{1,9}[.)])(?:\s|$)|^ {4}|^(?:=+|-+)\s*$", re.MULTILINE
)

Kind = Literal["words", "heading", "code", "quote", "list", "item", "table", "rule", "raw"]


class Span(Struct, frozen=True):
    """A piece of a paragraph.

    Attributes:
        runs: its text, to be printed.
        look: `strong`, `em`, `code` or nothing.
        about: what stands behind it in words, e.g. the address of a link.
    """

    runs: tuple[Run, ...]
    look: str = ""
    about: tuple[Run, ...] = ()


Spans = tuple[Span, ...]


class Block(Struct, frozen=True, kw_only=True):
    """A block of a text.

    Attributes:
        kind: what it is; `raw` for what stands as it came.
        spans: its text, for words and headings.
        words: its text, for code and raw.
        number: with which an ordered list begins; -1 for the others.
        inside: the blocks in it, for quotes, lists and items.
        heads, lines: the cells of a table.
    """

    kind: Kind
    spans: Spans = ()
    words: Words = Words(start="")
    number: int = -1
    inside: tuple[Block, ...] = ()
    heads: tuple[Spans, ...] = ()
    lines: tuple[tuple[Spans, ...], ...] = ()


class Prose(Struct, frozen=True, kw_only=True):
    """A text that somebody wrote, to be printed.

    Attributes:
        blocks: its beginning as blocks; empty where it is plain text.
        folded: the blocks that come after.
        size: how many lines those are.
        rest: what comes after the blocks, as it came; None for nothing.
        plain: all of it as it came.
    """

    blocks: tuple[Block, ...] = ()
    folded: tuple[Block, ...] = ()
    size: str = ""
    rest: Words | None = None
    plain: Words


def prose(text: str) -> Prose:
    """Return a text to be printed: as blocks where it is Markdown, as it came where it is plain.

    Args:
        text: whatever somebody wrote.

    Example:
        >>> prose("**Now**").blocks[0].spans[0].look
        'strong'
        >>> prose("no markup in this").blocks
        ()
    """
    plain = words(text)
    head = _head(text)
    if not _LOOKS.search(head):
        return Prose(plain=plain)
    blocks, ends = _read(head)
    if all(block.kind == "words" and not any(map(_is_dressed, block.spans)) for block in blocks):
        return Prose(plain=plain)
    first = _fold_at(ends, head)
    left = head.count("\n") - head[: ends[first - 1]].count("\n") if first < len(blocks) else 0
    return Prose(
        blocks=tuple(blocks[:first]),
        folded=tuple(blocks[first:]),
        size=f"{max(left, 2):,} lines" if first < len(blocks) else "",
        rest=words(text[len(head) :]) if len(text) > len(head) else None,
        plain=plain,
    )


def _is_dressed(span: Span) -> bool:
    return bool(span.look or span.about)


def _head(text: str) -> str:
    """Return what is parsed: whole lines, as many as there may be."""
    if len(text) <= MOST_PARSED:
        return text
    return text[: text.rfind("\n", 0, MOST_PARSED) + 1]


def _fold_at(ends: Sequence[int], text: str) -> int:
    """Return after how many blocks a text is folded: about where a plain one would be."""
    if len(text) <= LONG_CHARACTERS:
        return len(ends)
    return max(sum(end <= LONG_CHARACTERS for end in ends), 1)


@cache
def _parser() -> MarkdownIt:
    options = {"html": False, "maxNesting": 2 * MOST_NESTED + 4, "linkify": False}
    return MarkdownIt("commonmark", options).enable("table")


def _read(text: str) -> tuple[list[Block], list[int]]:
    """Return the blocks of a text, and where in it each one ends."""
    starts = [0]
    for line in text.split("\n"):  # as the parser counts them
        starts.append(starts[-1] + len(line) + 1)
    blocks: list[Block] = []
    ends: list[int] = []
    last = 0
    for group in _top(_parser().parse(text)):
        if len(blocks) >= MOST_BLOCKS:
            break
        begin, end = group[0].map or [last, last]
        source = text[starts[begin] : starts[min(end, len(starts) - 1)]]
        between = text[starts[last] : starts[begin]]
        if between.strip():  # the parser keeps addresses that are named, and shows nothing
            blocks.append(Block(kind="raw", words=words(between.strip("\n"))))
            ends.append(starts[begin])
        is_plain = len(group) <= MOST_TOKENS and _depth(group) < MOST_NESTED
        made = _block(group) if is_plain else None
        blocks.append(made or Block(kind="raw", words=words(source.rstrip("\n"))))
        ends.append(starts[min(end, len(starts) - 1)])
        last = max(end, last)
    if text[starts[last] :].strip():
        blocks.append(Block(kind="raw", words=words(text[starts[last] :].strip("\n"))))
        ends.append(len(text))
    return blocks, ends


def _top(tokens: Sequence[Token], level: int = 0) -> Iterator[list[Token]]:
    """Yield the tokens of each block of a level, so deep in others."""
    group: list[Token] = []
    for token in tokens:
        group.append(token)
        if token.level == level and token.nesting <= 0:
            yield group
            group = []


def _depth(group: Sequence[Token]) -> int:
    return max(token.level for token in group) // 2


def _block(group: Sequence[Token]) -> Block | None:
    """Return a block; None for what the words here have no shape for, or none that is whole."""
    match group[0].type:
        case "paragraph_open":
            return Block(kind="words", spans=_spans(group[1]))
        case "heading_open":
            return Block(kind="heading", spans=_spans(group[1]))
        case "fence":
            told = group[0].info.strip()
            return Block(kind="code", words=words(group[0].content), spans=_told(told))
        case "code_block":
            return Block(kind="code", words=words(group[0].content))
        case "hr":
            return Block(kind="rule")
        case "blockquote_open":
            return _nested("quote", group)
        case "bullet_list_open" | "ordered_list_open":
            return _nested("list", group, _number(group[0]))
        case "list_item_open":
            return _nested("item", group)
        case "table_open":
            return _table(group)
    return None


def _told(text: str) -> Spans:
    return (Span(runs(text), "em"),) if text else ()


def _number(token: Token) -> int:
    """Return with which number a list begins; -1 for one without numbers."""
    begins = token.attrGet("start")
    return -1 if token.type == "bullet_list_open" else int(1 if begins is None else begins)


def _nested(kind: Kind, group: Sequence[Token], number: int = -1) -> Block | None:
    made = [_block(part) for part in _top(group[1:-1], group[0].level + 1)]
    whole = tuple(one for one in made if one is not None)
    return Block(kind=kind, inside=whole, number=number) if len(whole) == len(made) else None


def _table(group: Sequence[Token]) -> Block:
    lines: list[list[Spans]] = []
    for token in group:
        if token.type == "tr_open":
            lines.append([])
        elif token.type == "inline":
            lines[-1].append(_spans(token))
    heads, *rest = lines
    return Block(kind="table", heads=tuple(heads), lines=tuple(map(tuple, rest)))


def _spans(inline: Token) -> Spans:
    """Return the text of a paragraph; what stands behind its links and pictures is told."""
    found: list[Span] = []
    looks: list[str] = []
    links: list[str] = []
    for token in inline.children or []:
        look = looks[-1] if looks else ""
        match token.type:
            case "strong_open" | "em_open":
                looks.append(token.type.removesuffix("_open"))
            case "strong_close" | "em_close":
                looks.pop()
            case "link_open":
                links.append(_address(token, "href"))
            case "link_close":
                found.append(_behind(links.pop(), found))
            case "softbreak" | "hardbreak":
                found.append(Span((Run("\n"),), look))
            case "code_inline":
                found.append(Span(runs(token.content), "code"))
            case "image":
                told = f"picture: {token.content}" if token.content else "picture"
                found.append(Span(runs(told), "em", runs(_address(token, "src"))))
            case _:
                found.append(Span(runs(token.content), look))
    return tuple(span for span in found if span.runs or span.about)


def _behind(address: str, before: Sequence[Span]) -> Span:
    """Return where a link leads, unless that is the very text of it."""
    is_said = bool(before) and "".join(run.text for run in before[-1].runs) == address
    return Span((), "", () if is_said else runs(address))


def _address(token: Token, name: str) -> str:
    """Return where a link or picture leads, in full, with the title that it hides."""
    title = token.attrGet("title")
    return f"{token.attrGet(name)}{f' “{title}”' if title else ''}"
