"""A file of rows is read by spreadsheets: nothing in it is worked out, and numbers stay numbers."""

from __future__ import annotations

import csv
import io
import re

import pytest

from handraise.web.pages.plots import csv_text

STARTS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
UNSEEN = (
    "",
    " ",
    "\t",
    "\r",
    "\n",
    "\v",
    "\0",
    "\x1f",
    "\u00a0",
    "\u200b",
    "\ufeff",
    '"',
    "\u3000 ",
)
BLANKS = "".join(UNSEEN)
BEFORE = ("", "x;", "x\t", "hello\n", "hello\r", "x\u2028", ";")


def body(text: str) -> str:
    return csv_text(("number", "text"), [(1, text)]).partition("\r\n")[2]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("before", BEFORE)
def test_no_cell_is_a_formula_whatever_separates_the_cells(before: str, start: str) -> None:
    for unseen in UNSEEN:
        text = f"{before}{unseen}{start}1+1"
        written = body(text)
        (row,) = csv.reader(io.StringIO(written, newline=""))
        assert row[1].replace("'", "") == text  # nothing else of it is changed
        cells = [*row, *re.split("[;\\t\\r\\n\\v\\u2028]", written)]
        for separator in (";", "\t"):
            for line in csv.reader(io.StringIO(written, newline=""), delimiter=separator):
                cells += line
        assert not [one for one in cells if one.lstrip(BLANKS).startswith(STARTS)]


@pytest.mark.parametrize("text", ["a-b = c", "refund; then close", "it's", 'say "no"', "", "1-2"])
def test_any_other_text_stands_as_it_is(text: str) -> None:
    assert next(csv.reader(io.StringIO(body(text), newline="")))[1] == text


def test_numbers_are_numbers_and_texts_are_quoted() -> None:
    written = csv_text(("n", "share", "who"), [(-3, -0.5, "Zoë"), (None, 2, "-5")])
    assert written == '\ufeff"n","share","who"\r\n-3,-0.5,"Zoë"\r\n"",2,"\'-5"\r\n'
