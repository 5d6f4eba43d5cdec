"""A routing table on paper: plain text, Markdown, a page of HTML, or a piece of one.

All four print the same `Sheet`. What the table's author wrote is escaped for where it stands: no
name can become markup, a new column or a line of its own. The fragment has no style and no script.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from html import escape

from handraise.core.table.sheet import Cell, Grid, sheet_of
from handraise.core.table.types import Table

WIDTH = 100
"""The columns of the plain text."""

_GAP = 2
_MARKDOWN = re.compile(r"[\\`*_\[\]<>|~&#$]|(?<=[A-Za-z]):(?=//)")


def as_text(table: Table) -> str:
    """Return the table as plain text of at most 100 columns."""
    sheet = sheet_of(table)
    lines = [*_wrapped(sheet.title, WIDTH), "=" * min(_width(sheet.title), WIDTH)]
    for sentence in sheet.lead:
        lines += _wrapped(sentence, WIDTH)
    for part in sheet.parts:
        lines += ["", part.title.upper(), *_text_grid(part)]
        for note in part.notes:
            lines += _wrapped(note, WIDTH)
    return "\n".join(lines) + "\n"


def as_markdown(table: Table) -> str:
    """Return the table as Markdown with tables (GitHub's kind)."""
    sheet = sheet_of(table)
    blocks = [f"# {marked(sheet.title)}", *(marked(sentence) for sentence in sheet.lead)]
    for part in sheet.parts:
        blocks.append(f"## {marked(part.title)}")
        if part.rows:
            blocks.append(markdown_grid(part))
        blocks += [marked(note) for note in part.notes]
    return "\n\n".join(blocks) + "\n"


def as_html(table: Table) -> str:
    """Return a complete page that needs nothing else, for light and dark, screen and paper."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(sheet_of(table).title)}</title>\n<style>{_STYLE}</style>\n"
        f"</head>\n<body>\n<main>\n<h1>{escape(sheet_of(table).title)}</h1>\n"
        f"{html_fragment(table)}</main>\n</body>\n</html>\n"
    )


def html_fragment(table: Table) -> str:
    """Return the table as escaped HTML without a first heading, for a page that has one."""
    sheet = sheet_of(table)
    lead = _html_sentences(sheet.lead, ' class="lead"')
    return lead + "".join(_html_part(part) for part in sheet.parts)


def _text_grid(part: Grid) -> list[str]:
    if not part.rows:
        return []
    header: tuple[Cell, ...] = tuple((name,) for name in part.columns)
    widths = _column_widths([header, *part.rows])
    lines = _text_row(header, widths)
    lines.append((" " * _GAP).join("-" * width for width in widths))
    for row in part.rows:
        lines += _text_row(row, widths)
    return lines


def _text_row(row: tuple[Cell, ...], widths: list[int]) -> list[str]:
    """Return one row as lines: each cell wrapped in its column, continued lines indented."""
    cells = [
        [piece for line in cell for piece in _wrapped(line, width)]
        for cell, width in zip(row, widths, strict=True)
    ]
    height = max(len(cell) for cell in cells)
    lines = []
    for n in range(height):
        pieces = [cell[n] if n < len(cell) else "" for cell in cells]
        padded = [
            piece + " " * (width - _width(piece))
            for piece, width in zip(pieces, widths, strict=True)
        ]
        lines.append((" " * _GAP).join(padded).rstrip())
    return lines


def _column_widths(rows: list[tuple[Cell, ...]]) -> list[int]:
    """Return how wide each column is: what it needs, or a fair share of what there is."""
    wanted = [
        max(_width(line) for row in rows for line in (row[n] or ("",))) for n in range(len(rows[0]))
    ]
    room = WIDTH - _GAP * (len(wanted) - 1)
    widths = [0] * len(wanted)
    left = sorted(range(len(wanted)), key=lambda n: wanted[n])
    for place, n in enumerate(left):
        widths[n] = min(wanted[n], room // (len(left) - place))
        room -= widths[n]
    return widths


def _width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(
        0
        if unicodedata.combining(character)
        else 2
        if unicodedata.east_asian_width(character) in "WF"
        else 1
        for character in text
    )


def _wrapped(text: str, width: int) -> list[str]:
    """Return a text as lines no wider than `width`; a word wider than that is cut."""
    lines = [""]
    for word in text.split(" "):
        for n, piece in enumerate(_cut(word, width)):
            glued = f"{lines[-1]} {piece}" if lines[-1] else piece
            if n == 0 and _width(glued) <= width:
                lines[-1] = glued
            else:
                lines.append(piece)
    return lines if lines[0] or len(lines) == 1 else lines[1:]


def _cut(word: str, width: int) -> list[str]:
    pieces = [""]
    for character in word:
        if _width(pieces[-1] + character) > width:
            pieces.append("")
        pieces[-1] += character
    return pieces


def marked(text: str) -> str:
    """Return a text with everything escaped that Markdown would take for markup."""
    return _MARKDOWN.sub(lambda found: "\\" + found.group(), text)


def markdown_grid(part: Grid) -> str:
    """Return the columns of a part as a Markdown table; what stands in its cells is escaped."""
    header = "| " + " | ".join(marked(name) for name in part.columns) + " |"
    rule = "|" + " --- |" * len(part.columns)
    rows = [
        "| " + " | ".join("<br>".join(marked(line) for line in cell) for cell in row) + " |"
        for row in part.rows
    ]
    return "\n".join([header, rule, *rows])


def _html_part(part: Grid) -> str:
    grid = _html_grid(part) if part.rows else ""
    notes = _html_sentences(part.notes, "")
    return f"<section>\n<h2>{escape(part.title)}</h2>\n{grid}{notes}</section>\n"


def _html_grid(part: Grid) -> str:
    header = "".join(f'<th scope="col">{escape(name)}</th>' for name in part.columns)
    rows = "".join(f"<tr>{_html_cells(row)}</tr>\n" for row in part.rows)
    return f"<table>\n<thead><tr>{header}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"


def _html_cells(row: tuple[Cell, ...]) -> str:
    first, *rest = ("<br>".join(escape(line) for line in cell) for cell in row)
    return f'<th scope="row">{first}</th>' + "".join(f"<td>{cell}</td>" for cell in rest)


def _html_sentences(sentences: Iterable[str], attributes: str) -> str:
    return "".join(f"<p{attributes}>{escape(sentence)}</p>\n" for sentence in sentences)


_STYLE = """
:root { color-scheme: light dark; --ink: #1c2024; --soft: #5b636b; --line: #d5d9dd;
  --ground: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8ea; --soft: #a3abb3; --line: #3c4248; --ground: #16191c; }
}
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.5rem; margin: 0 0 0.25rem; }
h2 { font-size: 1.05rem; margin: 1.25rem 0 0.375rem; }
p { margin: 0.375rem 0 0; color: var(--soft); overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; font-weight: 400; overflow-wrap: anywhere;
  padding: 0.3rem 0.75rem 0.3rem 0; border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); font-size: 0.85em; overflow-wrap: normal; }
tbody th { min-width: min(12rem, 30vw); }
section:first-of-type tbody th { width: 52%; }
@page { size: A4; margin: 12mm; }
@media print {
  :root { color-scheme: light; --ink: #000; --soft: #333; --line: #999; --ground: #fff; }
  body { font-size: 8.5pt; line-height: 1.25; }
  th, td { padding-top: 0.15rem; padding-bottom: 0.15rem; }
  p { margin-top: 0.15rem; }
  main { max-width: none; padding: 0; }
  h1 { font-size: 14pt; } h2 { font-size: 10pt; margin: 2.5mm 0 0.5mm; }
  tr { break-inside: avoid; } h2 { break-after: avoid; }
}
"""
