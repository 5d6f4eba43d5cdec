"""How plots are drawn: once each, few at a time, in a process of their own, bounded."""

import threading
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from handraise.errors import SettingsError
from handraise.model import UnusualStop
from handraise.service.learning.overview import FamiliarMap, Point, Spot
from handraise.service.plots.drawing import Kept, drawn
from handraise.service.plots.familiar import BANDS, map_chart, spread, spread_chart, time_chart
from handraise.service.plots.look import Look

START = datetime(2026, 10, 1, tzinfo=UTC)


def points(count: int) -> list[Point]:
    """Return decisions an hour apart whose p-values are even."""
    return [(START + timedelta(hours=at), (at * 37 % count + 1) / count) for at in range(count)]


def values_of(chart: str) -> list[list[dict[str, object]]]:
    """Return the values that a chart holds, layer by layer."""
    found = msgspec.json.decode(chart)
    named = found.get("datasets", {})
    return [
        one["data"].get("values") or named.get(one["data"].get("name"), [])
        for one in found["layer"]
    ]


def test_what_was_made_is_made_once_and_the_oldest_goes() -> None:
    made: list[str] = []
    kept: Kept[str] = Kept(2)

    def of(key: str) -> str:
        return kept.of(key, lambda: made.append(key) or key.upper())  # type: ignore[func-returns-value]

    assert [of("a"), of("b"), of("a"), of("c"), of("a"), of("b")] == list("ABACAB")
    assert made == ["a", "b", "c", "b"]
    assert len(kept) == 2


def test_those_who_ask_while_it_is_made_wait_for_it() -> None:
    kept: Kept[int] = Kept(5)
    another, go = threading.Event(), threading.Barrier(4)
    made: list[int] = []

    def make() -> int:
        made.append(1)
        if len(made) > 1:
            another.set()
        another.wait(0.2)  # who also makes it comes in meanwhile
        return len(made)

    def ask() -> None:
        go.wait(10)
        kept.of("key", make)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert made == [1]


def test_what_cannot_be_made_is_not_kept() -> None:
    kept: Kept[int] = Kept(5)
    with pytest.raises(ZeroDivisionError):
        kept.of("key", lambda: 1 // 0)
    assert kept.of("key", lambda: 7) == 7


def test_a_chart_that_cannot_be_drawn_says_so() -> None:
    with pytest.raises(SettingsError, match="plots cannot be drawn here"):
        drawn("no chart")


def test_drawing_knows_nothing_of_this_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    assert drawn(spread_chart(points(40), Look())).startswith(b"<svg")


def test_few_decisions_are_points_and_many_are_bands() -> None:
    above, below, line, *_ = values_of(time_chart(points(200), 0.05, Look()))
    assert (len(above), len(below)) == (190, 10)
    assert line == [{"p": 0.05}]
    bands, middle, stopped, *_ = values_of(time_chart(points(2000), 0.05, Look()))
    assert bands == middle
    assert len(bands) == BANDS
    assert len(stopped) == 100
    assert all(one["low"] <= one["p"] <= one["high"] for one in bands)  # type: ignore[operator]


def test_without_a_rate_there_is_no_line() -> None:
    found = values_of(time_chart(points(50), 0.0, Look()))
    assert [len(one) for one in found] == [50, 0]
    assert values_of(time_chart([], 0.0, Look())) == [[], []]


def test_every_decision_is_in_one_column() -> None:
    assert spread(points(2000)) == [99, *[100] * 18, 101]
    assert sum(spread([(START, 1.0), (START, 1e-9)])) == 2


def test_stops_are_numbered_from_the_newest_and_lie_on_top() -> None:
    stop = UnusualStop(escalation_id="e", at=START, text="secret words", type="t", familiarity=0.01)
    places = FamiliarMap(
        familiar=((Spot(0.0, 1.0), "t"),),
        stops=tuple((Spot(float(x), 2.0), stop) for x in range(60)),
    )
    chart = map_chart(places, Look())
    familiar, stops, _ = values_of(chart)
    assert familiar == [{"x": 0.0, "y": 1.0}]
    assert stops[-1] == {"x": 0.0, "y": 2.0, "number": "1"}
    assert stops[0]["number"] == ""
    assert "secret" not in chart
