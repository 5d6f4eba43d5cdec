"""Advice on thresholds: lower only with the guarantee, raise only where audits show it."""

from __future__ import annotations

import random

import pytest

from handraise.core.monitor.audits import Finding, Look
from handraise.service.advising.looked_at import Seen
from handraise.service.advising.thresholds import lowered, raised
from handraise.store.advice import LoneStop


def stops(count: int, wrong_below: float = 0.0, outcome: str | None = "changed") -> list[LoneStop]:
    """Return stops of all confidences under 0.72; people had to change those that are too low."""
    found = []
    for number in range(count):
        sure = round(0.4 + 0.32 * ((number * 37) % count) / count, 6)
        found.append(LoneStop("refund", sure, outcome if sure < wrong_below else "approved"))
    return found


def seen(
    count: int, wrong: int, *, low: float, high: float, probability: float = 0.1
) -> list[Seen]:
    return [
        Seen(
            type="refund",
            action="refund",
            confidence=low + (high - low) * number / count,
            look=Look(
                severity="low",
                probability=probability,
                finding="wrong" if number < wrong else "right",
            ),
        )
        for number in range(count)
    ]


def test_what_was_always_approved_frees_the_threshold() -> None:
    found = lowered(0.72, stops(500), 0.02, 0.05)
    assert found is not None
    assert (found.before, found.after) == (0.72, 0.4)
    assert "people changed or refused 0 (0.0%)" in found.sentence
    assert any("saw what the agent proposed" in line for line in found.lines)
    assert found.evidence == 500


def test_it_goes_no_lower_than_the_promise_holds() -> None:
    found = lowered(0.72, stops(1_000, wrong_below=0.55), 0.02, 0.05)
    assert found is not None
    assert 0.54 < found.after < 0.56


@pytest.mark.parametrize("outcome", ["changed", "rejected", "taken_over", "expired", None])
def test_what_was_not_approved_unchanged_speaks_against_it(outcome: str | None) -> None:
    assert lowered(0.72, stops(500, wrong_below=0.72, outcome=outcome), 0.02, 0.05) is None


def test_few_stops_say_nothing() -> None:
    assert lowered(0.72, stops(249), 0.05, 0.05) is None
    assert lowered(0.72, stops(250), 0.05, 0.05) is not None


def test_between_two_looks_nothing_changes() -> None:
    first = lowered(0.72, stops(500), 0.02, 0.05)
    more = stops(500) + [LoneStop("refund", 0.71, "rejected")] * 499
    assert lowered(0.72, more, 0.02, 0.05) == first


def test_stops_that_a_calibrated_threshold_would_not_make_are_left_out() -> None:
    others = [LoneStop("refund", 0.9, "rejected")] * 600
    assert lowered(0.72, others + stops(500), 0.02, 0.05) == lowered(0.72, stops(500), 0.02, 0.05)


def test_looking_at_every_doubling_keeps_its_promise() -> None:
    """People had to change 2.1 % whatever the confidence, and 2 % may be: no advice is right."""
    wrong = 0
    for seed in range(200):
        draw = random.Random(seed)
        made = [
            LoneStop(
                "a", draw.uniform(0.4, 0.72), "rejected" if draw.random() < 0.021 else "approved"
            )
            for _ in range(2_000)
        ]
        looks = (250, 500, 1_000, 2_000)
        wrong += any(lowered(0.72, made[:count], 0.02, 0.05) is not None for count in looks)
    assert wrong / 200 <= 0.05 + 0.04  # 2.6 standard errors of what may be


def test_errors_just_over_the_threshold_raise_it() -> None:
    near = seen(100, 30, low=0.72, high=0.79)
    found = raised(0.72, near + seen(200, 0, low=0.79, high=1.0), 0.05, 0.05)
    assert found is not None
    assert (found.before, found.after) == (0.72, 0.79)
    assert "of the 100 decisions just over it that were looked at, 30 were wrong" in found.sentence
    assert found.evidence == 100


def test_it_rises_over_one_band_after_the_other() -> None:
    near = seen(100, 30, low=0.72, high=0.79) + seen(100, 30, low=0.79, high=0.86)
    found = raised(0.72, near, 0.05, 0.05)
    assert found is not None
    assert found.after == 0.86


@pytest.mark.parametrize("looked_at", [0, 19, 100])
def test_without_evidence_it_stays(looked_at: int) -> None:
    few_wrong = looked_at // 20
    assert raised(0.72, seen(looked_at, few_wrong, low=0.72, high=0.79), 0.05, 0.05) is None


def test_errors_far_from_the_threshold_are_no_reason() -> None:
    far = seen(100, 40, low=0.9, high=1.0)
    assert raised(0.72, seen(100, 0, low=0.72, high=0.79) + far, 0.05, 0.05) is None


def test_each_stands_for_as_many_as_it_was_one_of() -> None:
    """Severe ones are drawn ten times as often: their errors are no tenth of all."""
    rare = seen(100, 30, low=0.72, high=0.79, probability=1.0)
    severe = [
        Seen(
            type=one.type,
            action=one.action,
            confidence=one.confidence,
            look=Look(severity="high", probability=1.0, finding=one.look.finding),
        )
        for one in rare
    ]
    common = seen(300, 0, low=0.72, high=0.79, probability=0.01)
    assert raised(0.72, severe, 0.05, 0.05) is not None
    assert raised(0.72, severe + common, 0.05, 0.05) is None


@pytest.mark.parametrize("finding", ["pending", "unclear"])
def test_what_nobody_can_tell_raises_nothing(finding: Finding) -> None:
    unknown = [
        Seen(
            type="refund",
            action="refund",
            confidence=0.73,
            look=Look(severity="low", probability=0.1, finding=finding),
        )
    ] * 100
    assert raised(0.72, unknown, 0.05, 0.05) is None
