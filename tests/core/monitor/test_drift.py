"""A rate is held against its promise, look by look."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import pytest

from bench.years import Watched
from handraise.core.monitor.drift import (
    FACTORS,
    GREATEST,
    Drift,
    begin,
    found,
    gain,
    log_evidence,
    looked,
)

START = datetime(2026, 1, 5, tzinfo=UTC)
TENTH = (0.1, 0.1)


def after(
    looks: list[tuple[int, int]], promised: tuple[float, float] = TENTH, drift: Drift | None = None
) -> Drift:
    """Return a test after looks a minute apart."""
    drift = drift or begin()
    for minute, (stopped, decisions) in enumerate(looks):
        drift = looked(drift, promised, stopped, decisions, START + timedelta(minutes=minute))
    return drift


def test_the_evidence_is_the_mean_of_all_bets_from_all_starts() -> None:
    looks, promised = [(1, 10), (5, 10), (0, 3), (4, 4)], (0.08, 0.12)
    bets = 0.0
    for factor in FACTORS:
        against = promised[1] if factor > 1 else promised[0]
        on = factor * against
        for start in range(len(looks)):
            made = 1 / ((start + 1) * (start + 2))
            for stopped, decisions in looks[start:]:
                made *= (on / against) ** stopped
                made *= ((1 - on) / (1 - against)) ** (decisions - stopped)
            bets += made / len(FACTORS)
    expected = bets + 1 - sum(1 / ((start + 1) * (start + 2)) for start in range(len(looks)))
    assert math.exp(log_evidence(after(looks, promised))) == pytest.approx(expected)


def test_many_series_in_arrays_are_the_same_test() -> None:
    rng = np.random.default_rng(7)
    low = np.array([0.0, 0.1, 0.08, 0.5, 0.97, 0.2])
    high = np.array([0.1, 0.1, 0.12, 0.9, 1.0, 0.96])
    watch, drifts = Watched(low, high), [begin() for _ in low]
    for _ in range(60):
        decisions = rng.integers(0, 6, size=len(low))
        stopped = rng.binomial(decisions, 0.4)
        evidence = watch.look(stopped.astype(float), decisions.astype(float))
        for place, drift in enumerate(drifts):
            promised = (float(low[place]), float(high[place]))
            drifts[place] = looked(
                drift, promised, int(stopped[place]), int(decisions[place]), START
            )
            assert math.exp(log_evidence(drifts[place])) == pytest.approx(evidence[place])


def test_before_the_first_look_there_is_no_evidence() -> None:
    assert log_evidence(begin()) == pytest.approx(0, abs=1e-12)
    assert found(begin(), TENTH, 0.99) is None


def test_a_look_that_brings_nothing_is_none() -> None:
    drift = after([(1, 10)])
    assert looked(drift, TENTH, 0, 0, START) is drift


def test_a_rate_that_keeps_its_promise_is_not_found() -> None:
    drift = after([(5, 50)] * 2000)
    assert found(drift, TENTH, 0.05) is None
    assert (drift.looks, drift.decisions, drift.stopped) == (2000, 100_000, 10_000)


def test_a_doubled_rate_is_found_with_when_it_began_and_how_large_it_is() -> None:
    drift = after([(5, 50)] * 100 + [(10, 50)] * 20)
    change = found(drift, TENTH, 0.01)
    assert change is not None
    assert (change.direction, change.factor) == ("more", 2.0)
    assert change.since == START + timedelta(minutes=100)
    assert (change.stopped, change.decisions, change.rate) == (200, 1000, 0.2)
    assert change.low < 0.2 < change.high
    assert (change.promised, change.took) == (TENTH, 1000)


def test_a_halved_rate_is_found_as_fewer_stops() -> None:
    change = found(after([(5, 50)] * 100 + [(1, 20), (1, 20)] * 50), TENTH, 0.01)
    assert change is not None
    assert (change.direction, change.factor) == ("less", 0.5)
    assert change.since == START + timedelta(minutes=100)
    wider = found(after([(1, 20)] * 200), TENTH, 0.01, certainty=0.9999)
    assert wider is not None
    assert wider.high > 0.06 > wider.rate


def test_a_rate_anywhere_within_an_uncertain_promise_is_kept() -> None:
    for rate in (8, 10, 12):
        assert found(after([(rate, 100)] * 3000, (0.08, 0.12)), (0.08, 0.12), 0.05) is None


def test_a_rate_a_quarter_higher_is_found_although_the_promise_is_uncertain_by_a_tenth() -> None:
    promised = (0.09, 0.11)
    change = found(after([(25, 200)] * 150, promised), promised, 0.01)
    assert change is not None
    assert (change.direction, change.factor) == ("more", 1.1)


def test_where_nothing_was_promised_to_stop_fewer_cannot_be_found() -> None:
    promised = (0.0, 0.0037)  # none of 1,000
    assert found(after([(0, 50)] * 5000, promised), promised, 0.05) is None
    change = found(after([(0, 50)] * 5 + [(2, 50)] * 8, promised), promised, 0.05)
    assert change is not None
    assert change.direction == "more"


def test_where_all_was_promised_to_stop_more_cannot_be_found() -> None:
    promised = (0.9963, 1.0)  # all of 1,000
    assert found(after([(50, 50)] * 5000, promised), promised, 0.05) is None
    change = found(after([(40, 50)] * 5, promised), promised, 0.05)
    assert change is not None
    assert change.direction == "less"


def test_a_promise_of_three_rows_is_hard_to_break() -> None:
    promised = (0.0, 0.93)  # none of 3, at the share of one type of many
    assert found(after([(1, 2)] * 500, promised), promised, 0.05) is None
    assert found(after([(2, 2)] * 500, promised), promised, 0.05) is not None


def test_nothing_is_bet_on_a_rate_that_does_not_lie_beyond_the_promise() -> None:
    assert gain(0.5, (0.0, 0.1), 3, 7) == 0.0
    assert gain(2.0, (0.5, 0.96), 9, 1) == 0.0
    assert gain(4.0, (0.1, 0.5), 1, 0) == pytest.approx(math.log(GREATEST / 0.5))


def test_evidence_stays_a_finite_number_after_a_thousand_million_decisions() -> None:
    for stopped in (0, 100_000_000, 1_000_000_000):
        drift = after([(stopped, 1_000_000_000)] * 2 + [(0, 1), (1, 1)])
        assert math.isfinite(log_evidence(drift))
        assert all(math.isfinite(one) for one in (*drift.evidence, *drift.gains))
    drift = after([(100_000_000, 1_000_000_000)])
    change = found(after([(10, 50)] * 40, drift=drift), TENTH, 0.01)
    assert change is not None
    assert change.rate == pytest.approx(0.2)


def test_the_state_is_as_large_after_ten_thousand_looks_as_after_ten() -> None:
    few, many = after([(5, 50)] * 10), after([(5, 50)] * 10_000)
    assert len(msgspec.json.encode(many)) < len(msgspec.json.encode(few)) + 200


def test_a_test_carries_on_from_what_was_kept_of_it() -> None:
    drift = after([(5, 50)] * 7 + [(9, 50)] * 3)
    kept = msgspec.json.decode(msgspec.json.encode(msgspec.to_builtins(drift)))
    assert msgspec.convert(kept, Drift) == drift
    assert after([(9, 50)], drift=msgspec.convert(kept, Drift)) == after([(9, 50)], drift=drift)
    fresh = msgspec.json.decode(msgspec.json.encode(begin()), type=Drift)
    assert fresh == begin()


def test_a_test_that_was_kept_with_other_bets_is_refused() -> None:
    kept = msgspec.to_builtins(after([(5, 50)]))
    for name in ("evidence", "gains", "starts"):
        with pytest.raises(msgspec.ValidationError, match="bets was kept"):
            msgspec.convert(kept | {name: kept[name][:-1]}, Drift)


@pytest.mark.parametrize("promised", [(0.2, 0.1), (-0.1, 0.5), (0.5, 1.1), (0, 0), (1, 1)])
def test_a_promise_that_cannot_be_is_refused(promised: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="promise lies between"):
        looked(begin(), promised, 1, 10, START)


def test_a_promise_that_is_no_number_is_refused() -> None:
    for promised in ((math.nan, 0.5), (0.1, math.nan)):
        with pytest.raises(ValueError, match="promise lies between"):
            looked(begin(), promised, 1, 10, START)


@pytest.mark.parametrize(("stopped", "decisions"), [(3, 2), (-1, 2), (0, -1), (math.nan, 2)])
def test_counts_that_cannot_be_are_refused(stopped: int, decisions: int) -> None:
    with pytest.raises(ValueError, match="is no count"):
        looked(begin(), TENTH, stopped, decisions, START)


@pytest.mark.parametrize("alpha", [0, 1, -0.1, math.nan])
def test_a_chance_that_cannot_be_is_refused(alpha: float) -> None:
    with pytest.raises(ValueError, match="false alarm lies between"):
        found(begin(), TENTH, alpha)
