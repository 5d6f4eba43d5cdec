"""A diff of a table's text goes into that text, or nowhere."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handraise.core.table.patch import difference, patched
from handraise.errors import InputError

BEFORE = "".join(f"line {number}\n" for number in range(1, 31))
AFTER = BEFORE.replace("line 3\n", "line three\n").replace("line 25\n", "")


def test_a_diff_goes_into_the_text_it_was_made_from() -> None:
    change = difference(BEFORE, AFTER, "t.yaml")
    assert change.startswith("--- t.yaml\n+++ t.yaml\n@@ -1,6 +1,6 @@\n")
    assert patched(BEFORE, change) == AFTER


def test_what_stands_elsewhere_may_have_changed() -> None:
    change = difference(BEFORE, AFTER, "t.yaml")
    assert patched(BEFORE.replace("line 15", "# a remark"), change) == AFTER.replace(
        "line 15", "# a remark"
    )


@pytest.mark.parametrize("line", ["line 2\n", "line 3\n", "line 25\n"])
def test_a_line_that_is_another_by_now_refuses_it(line: str) -> None:
    change = difference(BEFORE, AFTER, "t.yaml")
    with pytest.raises(InputError, match=rf"line {line.split()[1]} is not what it was"):
        patched(BEFORE.replace(line, "another\n"), change)


def test_a_shorter_text_refuses_it() -> None:
    with pytest.raises(InputError):
        patched("line 1\n", difference(BEFORE, AFTER, "t.yaml"))


def test_nothing_changes_nothing() -> None:
    assert difference(BEFORE, BEFORE, "t.yaml") == ""
    assert patched(BEFORE, "") == BEFORE


@given(
    before=st.lists(
        st.sampled_from(["a", "b: 1", "", "-x", "+y", "@@ -1 +1 @@", "c\r"]), max_size=12
    ),
    after=st.lists(
        st.sampled_from(["a", "b: 1", "", "-x", "+y", "@@ -1 +1 @@", "c\r"]), max_size=12
    ),
)
@settings(max_examples=60, deadline=None)
def test_whatever_the_texts_are(before: list[str], after: list[str]) -> None:
    old, new = "\n".join(before), "\n".join(after)
    assert patched(old, difference(old, new, "t.yaml")) == new
