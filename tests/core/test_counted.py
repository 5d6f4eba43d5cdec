"""Counts held against the decisions they were made of: too many, too few, and what was forgotten."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from handraise.core.counted import Counted, count_flaws

ONE = Counted("support-agent", "2026-11-22T19", "v1", "high", True)
SINCE = {"support-agent": "2026-11-20T00"}


def whats(*counts: Any) -> list[str]:
    return [f"{flaw.place}: {flaw.what}" for flaw in count_flaws(*counts)]


def test_counts_that_are_those_of_the_decisions_have_no_flaw() -> None:
    assert whats({ONE: 7}, {ONE: 7}, SINCE) == []


def test_counts_that_were_raised_or_lowered_are_found() -> None:
    where = "the counts of support-agent, 2026-11-22T19:00 UTC, version v1"
    ahead = "of severity high that went ahead"
    assert whats({ONE: 7}, {ONE: 700}, SINCE) == [
        f"{where}: 700 {ahead}, and there are 7: they were edited"
    ]
    assert whats({ONE: 7}, {}, SINCE) == [f"{where}: 0 {ahead}, and there are 7: they were edited"]


def test_what_moved_to_another_severity_is_found_at_both() -> None:
    other = replace(ONE, severity="", is_alone=False)
    assert len(whats({ONE: 7, other: 1}, {ONE: 6, other: 2}, SINCE)) == 2


def test_what_was_forgotten_or_never_counted_is_no_flaw_and_too_much_always_is() -> None:
    old = replace(ONE, hour="2026-11-19T23")
    assert whats({old: 7}, {}, SINCE) == []
    assert whats({ONE: 7}, {}, {}) == []
    assert len(whats({old: 7}, {old: 8}, SINCE)) == 1
