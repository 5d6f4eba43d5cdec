"""How familiar decisions of the past were: on record, or held against what was learned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from msgspec.structs import replace

from handraise.core.familiar.look import Asked, CannotLookError, Unusual
from handraise.core.table.types import Table
from handraise.errors import InputError
from handraise.service.backtesting import familiarity
from handraise.service.backtesting.backtest import backtest
from handraise.service.backtesting.familiarity import Recorded, with_familiarity
from handraise.service.backtesting.finding import found_in
from handraise.service.backtesting.past import Past, past_of_database
from handraise.service.backtesting.plan import Columns
from handraise.service.backtesting.result import Backtest
from handraise.service.backtesting.trying import familiar_past, tried
from tests.support.backtested import file_past, found_for, plan_of, tried_on
from tests.support.learned import DIGEST, learned_table


class ByWords:
    """What was learned, of which each text says how familiar it is."""

    digest = DIGEST

    def __init__(self) -> None:
        self.asked: list[Asked] = []

    def p_value(self, asked: Asked) -> float:
        self.asked.append(asked)
        return float(asked.text or "")

    def unusual(self, asked: Asked, rate: float) -> tuple[Unusual, ...]:
        return ()


def decision(id: str, words: str | None, **more: Any) -> dict[str, Any]:
    usual = {"type": "card_lost", "action": "send_reply", "confidence": 0.95, "reason": "other"}
    return {"id": id, **usual, "revenue_usd": 5, "correct": False, "body": words, **more}


def past(folder: Path, *lines: dict[str, Any]) -> Path:
    place = folder / "past.jsonl"
    place.write_text("".join(json.dumps(one) + "\n" for one in lines), encoding="utf-8")
    return place


def held(table: Table, place: Path, familiar: Any) -> Backtest:
    """Return the backtest of a past whose words are held against what was learned."""
    plan = plan_of(place, text="body")
    with found_for(table, place, text="body") as (past, found):
        known = with_familiarity(
            file_past(past), found, table, familiar, lambda _what, _share: None
        )
        return backtest(past, known, table, plan)


def fired(result: Backtest) -> int:
    (line,) = (one for one in result.rows if one.row == "novelty.2")
    return line.fired.count


def test_a_share_on_record_decides(tmp_path: Path) -> None:
    shares = (0.01, 0.02, 0.03, 1.0, None, 0.0, 2.0)
    lines = [decision(str(n), "words", p=share) for n, share in enumerate(shares)]
    result = tried_on(learned_table(), past(tmp_path, *lines), familiarity="p")
    assert fired(result) == 5
    assert [(one.id, one.sentences) for one in result.alone.examples] == [("2", ()), ("3", ())]


def test_words_are_held_against_what_was_learned(tmp_path: Path) -> None:
    lines = [decision("odd", "0.01"), decision("usual", "0.5"), decision("none", None)]
    familiar = ByWords()
    result = held(learned_table(), past(tmp_path, *lines, decision("bad", "no number")), familiar)
    assert fired(result) == 3
    assert [(one.id, one.sentences) for one in result.alone.examples] == [("usual", ())]
    assert {one.text for one in familiar.asked} == {"0.01", "0.5", "no number"}
    assert {one.facts["revenue_usd"] for one in familiar.asked} == {5.0}
    assert "0.5" not in json.dumps([one.facts for one in result.alone.examples])


def test_without_what_was_learned_every_such_row_fires(tmp_path: Path) -> None:
    lines = [decision("a", "0.5"), decision("b", "0.9")]
    assert fired(held(learned_table(), past(tmp_path, *lines), None)) == 2
    other = ByWords()
    other.digest = "e" * 64
    assert fired(held(learned_table(), past(tmp_path, *lines), other)) == 2


def test_each_decision_keeps_its_own_share_over_several_rounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(familiarity, "AT_ONCE", 2)
    shares = [0.01, 0.5, 0.01, 0.6, 0.01, 0.7, 0.01]
    lines = [decision(str(n), str(share)) for n, share in enumerate(shares)]
    result = held(learned_table(), past(tmp_path, *lines), ByWords())
    assert (fired(result), result.decisions) == (4, 7)
    assert {one.id for one in result.alone.examples} == {"1", "3", "5"}


def test_too_many_words_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(familiarity, "MOST", 1)
    place = past(tmp_path, decision("a", "0.5"), decision("b", "0.5"))
    with pytest.raises(InputError, match="2 texts are too many") as raised:
        held(learned_table(), place, ByWords())
    assert "--familiarity COLUMN" in raised.value.hint


def test_rows_that_cannot_be_judged_may_be_left_out_and_that_is_said(tmp_path: Path) -> None:
    table, place = learned_table(), past(tmp_path, decision("a", "x"), decision("b", "y"))
    plan = plan_of(place, ignore_unfamiliar=True)
    result = tried(plan, table, None, lambda _what, _share: None)
    assert result.rate.count == 0
    assert "novelty.2" not in {one.row for one in result.rows}
    assert any("novelty.2" in one for one in result.left_out)


def test_learned_files_that_are_not_there_make_every_such_row_fire(tmp_path: Path) -> None:
    table, place = learned_table(), past(tmp_path, decision("a", "x"))
    plan = replace(plan_of(place, text="body"), table=tmp_path / "handraise.yaml")
    result = tried(plan, table, None, lambda _what, _share: None)
    assert fired(result) == 1


class Elsewhere:
    """A past on another engine."""

    engine = "postgres 16"
    can_try = False

    def __init__(self, past: Past) -> None:
        self.parts, self.sources = past.parts, past.sources
        self.lines, self.arrays = past.lines, past.arrays


def test_on_another_engine_words_are_refused_rather_than_all_stopped(tmp_path: Path) -> None:
    table, place = learned_table(), past(tmp_path, decision("a", "x"))
    plan = plan_of(place, text="body")
    with (
        found_for(table, place, text="body") as (there, found),
        pytest.raises(InputError, match="postgres 16 cannot hold words against"),
    ):
        familiar_past(Elsewhere(there), found, table, plan, lambda _what, _share: None)


def test_words_in_a_database_of_duckdb_are_held_against_what_was_learned(tmp_path: Path) -> None:
    place, table = tmp_path / "warehouse.duckdb", learned_table()
    lines = past(tmp_path, decision("odd", "0.01"), decision("usual", "0.5"))
    with duckdb.connect(str(place)) as connection:
        connection.execute(f"CREATE TABLE past AS SELECT * FROM read_json_auto('{lines}')")
    with past_of_database(place, "past") as there:
        found = found_in(there, table, Columns(text="body"))
        known = with_familiarity(there, found, table, ByWords(), lambda _what, _share: None)
        result = backtest(there, known, table, plan_of(text="body"))
    assert (fired(result), result.decisions) == (1, 2)


def test_a_share_on_record_says_nothing_else() -> None:
    table = learned_table()
    recorded = Recorded.of(table, 0.5)
    assert recorded is not None
    assert recorded.p_value(Asked(text=None, type=None, facts={})) == 0.5
    assert recorded.unusual(Asked(text=None, type=None, facts={}), 0.02) == ()
    with pytest.raises(CannotLookError):
        Recorded(DIGEST, None).p_value(Asked(text=None, type=None, facts={}))
    assert Recorded.of(replace(table, known=replace(table.known, learned=None)), 0.5) is None
