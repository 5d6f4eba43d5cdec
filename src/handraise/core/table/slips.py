"""What people write in expressions out of habit, and how it is written here.

Looked for only in what cannot be read: `&&`, a single `=`, a number with its unit or with a comma.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise

Slip = tuple[int, str, str]
"""(character, what is wrong, the remedy)"""

QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
LISTED = re.compile(r"\[[^\]]*\]|\b(?:abs|min|max)\([^()]*\)")
COMMA_NUMBER = re.compile(r"(?<![\w.])[0-9][0-9.]*(?:,[0-9][0-9.]*)+")
THOUSANDS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?")
SIGN = re.compile(r"&&?|\|\|?|!(?!=)|=>|=<|<>|(?<![=<>!])=(?![=<>])")
WORD = re.compile(r"\b(?:AND|OR|NOT|IN)\b")
UNIT = re.compile(
    r"(?<![\w.])([0-9][0-9.]*)\s*(?!(?:and|or|not|in|is|if|else|for|AND|OR|NOT|IN)\b)"
    r"([^\W\d_]\w*|[%€$£¥])|([€$£¥])\s*([0-9][0-9.]*)"
)
DOT_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+")
SIGNS = {
    "&": "use and",
    "&&": "use and",
    "|": "use or",
    "||": "use or",
    "!": "use not",
    "=>": "use >=",
    "=<": "use <=",
    "<>": "use !=",
    "=": "use ==",
}


def slip_in(text: str) -> Slip | None:
    """Return the first habit that an unreadable expression shows, or None."""
    plain = QUOTED.sub(lambda found: '"' * len(found.group()), text)
    return min(_slips(plain), default=None)


def _slips(plain: str) -> Iterator[Slip]:
    outside = LISTED.sub(lambda found: '"' * len(found.group()), plain)
    if found := COMMA_NUMBER.search(outside):
        yield comma_slip(found.group(), found.start())
    if found := SIGN.search(plain):
        sign = found.group()
        yield found.start(), f'"{sign}" is no word of the language', SIGNS[sign]
    if found := WORD.search(plain):
        word = found.group()
        yield found.start(), f'"{word}" is no word of the language', f"use {word.lower()}"
    if found := UNIT.search(plain):
        yield _unit_slip(found)


def _unit_slip(found: re.Match[str]) -> Slip:
    number = found.group(1) or found.group(4)
    unit = found.group(2) or found.group(3)
    if unit == "%":
        return found.start(), "a number stands without a percent sign", f"write {share(number)}"
    if unit.lower() in {"k", "m", "mio", "tsd"}:
        return found.start(), "a number stands without its unit", "write it out, like 5000"
    hint = f"write {number}; a fact says its unit itself: unit: {unit}"
    if DOT_THOUSANDS.fullmatch(number):
        hint = f"write {number.replace('.', '')}; here, {number} has a decimal point"
    return found.start(), "a number stands without its unit", hint


def comma_slip(written: str, offset: int = 0) -> Slip:
    """Return what to say of a number with commas in it."""
    return offset, "no comma in numbers", f"write {without_comma(written)}"


def without_comma(written: str) -> str:
    """Return a number without its commas: `1,500` and `1.500,00` are 1500, `0,72` is 0.72."""
    whole, _, rest = written.rpartition(",")
    if THOUSANDS.fullmatch(written) and not written.startswith("0"):
        return written.replace(",", "")
    return f"{whole.replace('.', '').replace(',', '')}.{rest}"


def comma_between(text: str, arguments: list[ast.expr]) -> Slip | None:
    """Return the slip of `min(x, 1,500)`, which would else be read as three arguments."""
    lines = text.splitlines()
    for left, right in pairwise(arguments):
        if not (isinstance(left, ast.Constant) and isinstance(right, ast.Constant)):
            continue
        if left.end_lineno != right.lineno:
            continue
        line = lines[right.lineno - 1].encode()
        written = line[left.col_offset : right.end_col_offset].decode()
        if THOUSANDS.fullmatch(written) and not written.startswith("0"):
            return comma_slip(written)
    return None


def share(percent: str) -> str:
    """Return a percentage as the number it stands for: `75` is 0.75."""
    return f"{float(percent) / 100:.10g}" if percent.count(".") < 2 else "a number such as 0.75"
