"""Markdown becomes plain blocks: nothing active, nothing left out, bounded whatever it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from handraise.web.pages.views.markdown import MOST_PARSED, Block, Spans, prose


def _said(spans: Spans) -> str:
    return "".join(
        "".join(run.text for run in span.runs)
        + (f"({''.join(run.text for run in span.about)})" if span.about else "")
        for span in spans
    )


def _all(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        yield block
        yield from _all(block.inside)


def _text(block: Block) -> str:
    cells = [_said(one) for line in (block.heads, *block.lines) for one in line]
    return "\n".join([_said(block.spans), block.words.start + block.words.rest, *cells])


def test_every_kind_of_block_is_laid_out() -> None:
    found = prose(
        "# Big\n\ntwo\nlines\n\n- one\n- *two*\n\n3. three\n\n> said `x`\n\n```py\na = 1\n```\n\n"
        "    more\n\n---\n\n|a|b|\n|-|-|\n|1|**2**|\n"
    )
    assert [(one.kind, one.number) for one in found.blocks] == [
        ("heading", -1),
        ("words", -1),
        ("list", -1),
        ("list", 3),
        ("quote", -1),
        ("code", -1),
        ("code", -1),
        ("rule", -1),
        ("table", -1),
    ]
    table = found.blocks[-1]
    assert [[_said(one) for one in line] for line in (table.heads, *table.lines)] == [
        ["a", "b"],
        ["1", "2"],
    ]
    assert _said(found.blocks[1].spans) == "two\nlines"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[good](https://evil.example 'x')", "good(https://evil.example “x”)"),
        ("![cute](http://beacon.example/p.png)", "picture: cute(http://beacon.example/p.png)"),
        ("*a* <https://a.example>", "a https://a.example"),
        ("**a** [x](javascript:alert(1))", "a [x](javascript:alert(1))"),
        ("*a* <b onclick=x>&lt;i&gt;</b>", "a <b onclick=x><i></b>"),
        ("*a* &#x202e;b", "a [U+202E]b"),
    ],
)
def test_addresses_are_told_and_markup_is_text(text: str, said: str) -> None:
    (block,) = prose(text).blocks
    assert _said(block.spans) == said


def test_plain_words_stay_as_they_came() -> None:
    for text in ("no markup", "a * b, 5 > 3", "one\n\n\ntwo  ", "1 & 2 < 3"):
        found = prose(text)
        assert (found.blocks, found.plain.start) == ((), text)


def test_what_the_grammar_swallows_stands_as_it_came() -> None:
    found = prose("**a**\n\n[ref]: http://hidden.example 'secret'\n\nend *b*\n\n[z]: /last\n")
    said = "\n".join(map(_text, found.blocks))
    assert "[ref]: http://hidden.example 'secret'" in said
    assert "[z]: /last" in said


HEAVY = {
    "quotes": "> " * 50_000 + "deep",
    "brackets": ("[" * 9_000 + "\n") * 3,
    "stars": "*a " * 3_000 + "\n" + "*a " * 3_000,
    "rows": "|a|b|\n|-|-|\n" + "|c|d|\n" * 5_000,
    "wide": "a|" * 4_000 + "\n" + "-|" * 4_000,
    "lists": "".join("  " * depth + "- a\n" for depth in range(100)),
    "names": "[x]: y\n" * 3_000,
    "lines": "a\n" * 10_000 + "*b*",
    "fences": "~~~\nx\n~~~\n" * 2_000,
    "ticks": "`a``b```c" * 2_000,
}


@pytest.mark.parametrize("text", HEAVY.values(), ids=HEAVY)
def test_heavy_texts_are_bounded_and_whole(text: str) -> None:
    found = prose(text)
    blocks = list(_all((*found.blocks, *found.folded)))
    spans = sum(len(one.spans) + sum(len(line) for line in one.lines) for one in blocks)
    assert len(blocks) < 1_500
    assert spans < 12_000
    if found.blocks:  # nothing is lost between the blocks and what stands as it came
        rest = found.rest.start + found.rest.rest if found.rest else ""
        letters = sum(one.isalnum() for one in "".join(map(_text, blocks)) + rest)
        beyond = len(text) - MOST_PARSED > 40_000
        assert beyond or letters >= sum(one.isalnum() for one in text)
    assert found.plain.start
