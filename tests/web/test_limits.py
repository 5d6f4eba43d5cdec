"""What was seen stands where it belongs on its scale, and nothing is drawn without a number."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from handraise.core.table.read import read
from handraise.core.table.types import Table
from handraise.model import Escalation, Reason
from handraise.web.pages.views.limits import LEFT, RIGHT, Scale, scale_of
from tests.store.records import make_escalation
from tests.web.support import TABLE


def _table(condition: str = "abs(revenue_usd) > 5000") -> Table:
    text = TABLE.partition("tests:")[0].replace("abs(revenue_usd) > 5000", condition)
    table = read(text, "support.yaml").table
    assert table is not None
    return table


def _scale(rule: str, observed: str, **fields: str) -> Scale | None:
    reason = Reason(
        **{
            "row": "consequence.1",
            "condition": "consequence",
            "route": "finance_lead",
            "observed": observed,
            "limit": "",
            "sentence": "s",
            **fields,
        }
    )
    return scale_of(reason, make_escalation(), _table(rule))


def _place(x: float) -> float:
    return (x - LEFT) / (RIGHT - LEFT)


def test_a_confidence_stands_between_nought_and_one() -> None:
    found = _scale("years > 1", "0.5", row="confidence.1", condition="confidence", limit="0.72")
    assert found is not None
    assert _place(found.seen.x) == pytest.approx(0.5, abs=0.001)
    assert _place(found.limits[0].x) == pytest.approx(0.72, abs=0.001)
    assert (found.zones[0].x, found.limits[0].label) == (LEFT, "stops below 0.72")
    assert "confidence 0.5, and the agent stops below 0.72" in found.words


def test_a_size_is_held_against_its_limit_on_both_sides() -> None:
    found = _scale("abs(revenue_usd) > 5000", "revenue_usd is -6,200 USD")
    assert found is not None
    below, above = found.limits
    assert (below.label, above.label, found.seen.label) == ("-5,000 USD", "5,000 USD", "-6,200 USD")
    assert found.seen.x < below.x < above.x
    assert found.zones[0].x == LEFT
    assert found.words == (
        "Revenue is -6,200 USD; the agent stops above 5,000 USD and below -5,000 USD."
    )


@pytest.mark.parametrize(
    ("condition", "zones"),
    [
        ("revenue_usd > 5000", 1),
        ("5000 < revenue_usd", 1),
        ("revenue_usd >= 5000 or revenue_usd < -10", 2),
        ("revenue_usd < 90000", 1),
    ],
)
def test_plain_comparisons_are_drawn(condition: str, zones: int) -> None:
    found = _scale(condition, "revenue_usd is 6,200 USD")
    assert found is not None
    assert len(found.zones) == zones
    assert any(one.x <= found.seen.x <= one.x + one.width for one in found.zones)


def test_what_lies_far_beyond_is_cut_and_says_so() -> None:
    found = _scale("revenue_usd > 5000", "revenue_usd is 9,000,000 USD")
    assert found is not None
    assert found.is_cut == 1 or found.seen.x <= RIGHT
    assert found.seen.label == "9,000,000 USD"
    assert "far beyond the limit" in found.words


@pytest.mark.parametrize(
    ("condition", "observed"),
    [
        ("revenue_usd > 5000", "revenue_usd is missing"),
        ("revenue_usd > 5000", ""),
        ("revenue_usd > years", "revenue_usd is 6, years is 2"),
        ("revenue_usd > 5000 or years > 2", "revenue_usd is 6200 USD, years is 3"),
        ("revenue_usd > 5000 and revenue_usd < 9000", "revenue_usd is 6200 USD"),
        ("revenue_usd * 2 > 5000", "revenue_usd is 6200 USD"),
        ("abs(revenue_usd) < 5", "revenue_usd is 2 USD"),
        ("revenue_usd != 0", "revenue_usd is 2 USD"),
    ],
)
def test_nothing_is_drawn_where_there_is_no_number_or_no_single_limit(
    condition: str, observed: str
) -> None:
    assert _scale(condition, observed) is None


def test_a_confidence_that_cannot_be_used_is_not_drawn() -> None:
    for observed in ("nan", "missing", "2", ""):
        fields = {"row": "confidence.1", "condition": "confidence", "limit": "0.72"}
        assert _scale("years > 1", observed, **fields) is None


def _drawn(row: str, escalation: Escalation, more: str, **fields: str) -> Scale | None:
    text = TABLE.partition("tests:")[0].replace("  novelty:\n", f"{more}  novelty:\n")
    table = read(text, "support.yaml").table
    assert table is not None
    reason = {"condition": "consequence", "route": "finance_lead", "sentence": "s", **fields}
    return scale_of(Reason(row=row, **reason), escalation, table)


def test_a_severity_stands_on_its_step() -> None:
    row = "    - {severity: high, to: finance_lead}\n"
    found = _drawn("consequence.2", make_escalation(), row, observed="high", limit="high")
    assert found is not None
    assert [(one.label, one.stops) for one in found.zones] == [("low", False), ("high", True)]
    high = found.zones[1]
    assert high.x < found.seen.x < high.x + high.width
    assert _drawn("consequence.2", make_escalation(), row, observed="odd", limit="high") is None


def test_how_unusual_it_is_stands_left_of_the_share_that_is_stopped() -> None:
    rare = make_escalation(familiarity=0.004)
    row = _table().rows[-1]
    table = _table()
    unfamiliar = replace(row, id="novelty.2", kind="unfamiliar", unfamiliar=0.02)
    with_row = replace(table, rows=(*table.rows, unfamiliar))
    reason = Reason(
        row="novelty.2", condition="novelty", route="r", observed="", limit="", sentence="s"
    )
    found = scale_of(reason, rare, with_row)
    assert found is not None
    assert found.seen.x < found.limits[0].x
    assert found.words == (
        "0.4 % of familiar requests are as unusual, and the agent stops at 2 % and fewer."
    )
    assert scale_of(reason, make_escalation(), with_row) is None
    assert scale_of(reason, rare, table) is None
    assert scale_of(reason, rare, None) is None
