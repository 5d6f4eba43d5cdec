"""Figures as Markdown: one table for each part, a line for each comparison."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
import sys
from collections.abc import Sequence
from importlib.metadata import version

from msgspec import Struct

from bench.measure import Ratio, Samples, middle, ratio

HEAD = """\
# Benchmarks

Made by `python -m bench --write docs/benchmarks.md`; `make bench` prints the same for your machine.

{versions}.

The contestants take turns, and each ratio is taken within a round: the median round stands first,
the extremes behind it. Ratios are what to compare; the absolute figures belong to one shared
machine. A limit is what was set before anything was measured; one that does not hold says so.
"""


class Line(Struct, frozen=True, kw_only=True):
    """One comparison.

    Attributes:
        what: what is measured.
        took_s: seconds.
        against: what it is compared with; empty for nothing.
        other_s: the seconds of that.
        ratio: the one over the other.
        limit: what the ratio may be at most; None for no limit.
    """

    what: str
    took_s: float
    against: str = ""
    other_s: float = 0.0
    ratio: Ratio | None = None
    limit: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the median ratio is within the limit; true where there is none."""
        return self.limit is None or self.ratio is None or self.ratio.median <= self.limit


class Part(Struct, frozen=True, kw_only=True):
    """One part of the report: its table, and how to read it."""

    title: str
    about: str
    lines: tuple[Line, ...]
    notes: str = ""


class Figures(Struct, frozen=True, kw_only=True):
    """A part of the report whose table holds more than times: the first column says of what."""

    title: str
    about: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: str = ""


def compared(samples: Samples, what: str, against: str = "", limit: float | None = None) -> Line:
    """Return the line that compares two contestants, or that shows one alone."""
    took = middle(samples, what)
    if not against:
        return Line(what=what, took_s=took)
    return Line(
        what=what,
        took_s=took,
        against=against,
        other_s=middle(samples, against),
        ratio=ratio(samples, what, against),
        limit=limit,
    )


def versions() -> str:
    """Return what was measured with, in one sentence without its full stop."""
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("msgspec", "SQLAlchemy", "zen-engine")
    )
    return (
        f"Measured with Python {platform.python_version()}, {packages}, SQLite "
        f"{sqlite3.sqlite_version}, Handraise {version('handraise')}, on {platform.machine()} "
        f"{platform.system()} with {os.cpu_count()} processors"
    )


def as_markdown(parts: Sequence[Part | Figures]) -> str:
    """Return the whole report."""
    return "\n".join([HEAD.format(versions=versions()), *map(part_markdown, parts)])


def renewed(report: str, parts: Sequence[Part | Figures], *, head: bool) -> str:
    """Return a report with some parts anew: each in its place, at the end where it had none.

    Args:
        report: as it was written before.
        parts: what was measured again.
        head: whether what it was measured with is written anew as well.
    """
    before, *sections = re.split(r"^(?=## )", report.rstrip("\n") + "\n", flags=re.MULTILINE)
    found = {section.partition("\n")[0]: section.strip("\n") + "\n" for section in sections}
    found |= {f"## {part.title}": part_markdown(part) for part in parts}
    if head:
        before = HEAD.format(versions=versions())
    return "\n".join([before.rstrip("\n") + "\n", *found.values()])


def part_markdown(part: Part | Figures) -> str:
    """Return one part: what is compared, the table, the notes."""
    lines = [f"## {part.title}", "", part.about, "", *_table(part), ""]
    return "\n".join([*lines, part.notes, ""] if part.notes else lines)


def _table(part: Part | Figures) -> list[str]:
    if isinstance(part, Figures):
        under = ["---", *["--:"] * (len(part.head) - 1)]
        return [_joined(part.head), f"|{'|'.join(under)}|", *map(_joined, part.rows)]
    return [
        "| what | takes | against | takes | ratio (least to most) | limit | holds |",
        "|---|--:|---|--:|--:|--:|---|",
        *map(_row, part.lines),
    ]


def _joined(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def print_part(part: Part | Figures) -> None:
    """Print one part as soon as it is there."""
    sys.stdout.write(part_markdown(part) + "\n")
    sys.stdout.flush()


def _row(line: Line) -> str:
    cells = [line.what, duration(line.took_s)]
    if line.ratio is None:
        cells += ["", "", "", "", ""]
    else:
        spread = f"{_plain(line.ratio.least)} to {_plain(line.ratio.most)}"
        cells += [
            line.against,
            duration(line.other_s),
            f"**{_plain(line.ratio.median)}** ({spread})",
        ]
        cells += ["", ""] if line.limit is None else [f"≤ {line.limit:g}", _answer(line)]
    return _joined(cells)


def _answer(line: Line) -> str:
    return "yes" if line.holds else "**no**"


def _plain(ratio: float) -> str:
    return f"{ratio:.3f}" if ratio < 0.1 else f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"


def duration(seconds: float) -> str:
    """Return seconds in a unit that suits them."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"
