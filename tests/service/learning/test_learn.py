"""Learning from labelled rows: what is written, what is reported, and what is refused."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from handraise.clock import ManualClock
from handraise.core.familiar.look import Asked, CannotLookError
from handraise.errors import EncoderError, InputError, SettingsError, TableError
from handraise.model import Decision
from handraise.service.learning.artifact import read_manifest
from handraise.service.learning.encoders import EncoderChoice
from handraise.service.learning.gathering import LEAST_HELD_OUT, agent_of
from handraise.service.learning.learn import Named, Plan, Report, learn
from handraise.service.learning.learned_model import load
from handraise.service.learning.plan import Replaced
from handraise.service.learning.rows import Columns
from handraise.service.reading.learned import familiar_beside
from handraise.service.reading.tables import MAX_TYPES, read_table
from tests.support.labelled import ABOUT, labelled, request, written

TABLE = """\
handraise: 1
agent: support-agent
owner: priya
people:
  priya: {name: Priya Raman, contact: "mailto:priya@example.com"}
routes: {supervisor: [priya]}
facts:
  amount: number
  country: text
  vip: boolean
  limit: {type: number, from: 2 * proposal.limit}
known: known/
escalate:
  confidence:  {below: 0.72, to: supervisor}
  consequence: {when: abs(amount) > 5000, to: supervisor}
  novelty:
    - {unknown: type, to: supervisor}
    - {unfamiliar: 15%, to: supervisor}
"""
FACTS: dict[str, Any] = {
    "amount": lambda number: 10 + number % 50,
    "country": lambda number: ("PT", "US", "DE")[number % 3],
    "vip": lambda number: ("yes", "no")[number % 2],
}
TYPES = list(ABOUT)[:4]
BODY = Columns(text="body", type="kind")
NO_TEXT = Columns(text=None, type="kind")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "handraise.yaml").write_text(TABLE, encoding="utf-8")
    return tmp_path


def planned(place: Path, rows: list[dict[str, Any]] | None = None, **fields: Any) -> Plan:
    """Return a plan of facts alone, which learns in a moment, unless other columns are named."""
    past = written(place / "past.csv", labelled(**FACTS) if rows is None else rows)
    usual = {"table": place / "handraise.yaml", "paths": (past,), "columns": NO_TEXT}
    return Plan(**{**usual, **fields})


def test_text_and_facts_are_learned_and_the_table_takes_them(
    folder: Path, clock: ManualClock
) -> None:
    told: list[tuple[str, float | None]] = []
    plan = planned(folder, labelled(4, 60, **FACTS), columns=BODY)
    report = learn(plan, clock=clock, progress=lambda what, share: told.append((what, share)))

    assert (report.rows, report.fitted, report.held_out) == (240, 192, 48)
    assert report.types == dict.fromkeys(sorted(TYPES), 60)
    assert report.facts == {"amount": "number", "country": "text", "vip": "boolean"}
    assert (report.not_learned, report.unchecked) == (("limit",), ())
    assert (report.rate, report.least_rate) == (0.15, pytest.approx(3 / 25))
    assert report.promise is not None
    assert report.promise.low < 0.15 < report.promise.high
    assert report.forecast is not None
    assert report.forecast.types == 1
    assert report.encoder == EncoderChoice(kind="words")
    assert (report.is_named, report.reads_text) == (True, True)
    assert (report.folder, report.added) == (folder / "known", 0)

    manifest = read_manifest(folder / "known")
    assert manifest.digest == report.digest
    assert manifest.made_at == "2026-11-22T19:50:10Z"
    assert manifest.summary["rows"] == 240
    reading = read_table(folder / "handraise.yaml")
    assert reading.table is not None, [one.line_text() for one in reading.errors]
    assert reading.table.known.types == tuple(sorted(TYPES))

    model = load(folder / "known")
    facts = {"amount": 30, "country": "DE", "vip": True}
    usual = [Asked(request(type, 20), type, facts) for type in TYPES]
    assert (model.judged(usual).p > 0.1).sum() >= 3
    assert model.p_value(Asked("the goat ate my antenna", "refund", facts)) <= 0.1
    assert model.p_value(Asked(request("refund", 20), "refund", facts | {"amount": 9e6})) <= 0.1

    stages = list(dict.fromkeys(what for what, _ in told))
    assert stages[:3] == ["reading the types", "reading the rows", "dividing the rows"]
    assert all((stage, 1.0) in told for stage in stages[:3])
    assert told[-1] == ("writing", None)


def test_the_same_rows_give_the_same_files(folder: Path, clock: ManualClock) -> None:
    plan = planned(folder, labelled(4, 60), columns=BODY, folder=folder / "a")
    first = learn(plan, clock=clock)
    clock.advance(days=3)
    again = learn(replace(plan, folder=folder / "b"), clock=clock)
    assert again.digest == first.digest
    assert replace(again, folder=first.folder) == first


def test_facts_alone_can_be_learned(folder: Path) -> None:
    report = learn(planned(folder))
    assert not report.reads_text
    assert report.overlaps == ()
    manifest = read_manifest(report.folder)
    assert (manifest.reads_text, manifest.encoder.kind) == (False, "words")
    model = load(report.folder)
    assert model.p_value(Asked(None, "refund", {"amount": 1e6, "country": "X", "vip": True})) <= 0.1


def test_an_encoder_is_not_even_opened_for_facts_alone(folder: Path) -> None:
    nowhere = EncoderChoice(kind="python", name="there.is.none:here")
    report = learn(planned(folder, encoder=nowhere))
    assert report.encoder.kind == "words"
    with pytest.raises(SettingsError, match=r"there\.is\.none"):
        learn(planned(folder, encoder=nowhere, columns=BODY))


def test_text_alone_can_be_learned_and_kept(folder: Path) -> None:
    plan = planned(folder, labelled(4, 60), columns=BODY, keep_texts=True, facts=())
    report = learn(plan)
    assert (report.facts, report.not_learned) == ({}, ("amount", "country", "vip", "limit"))
    model = load(report.folder)
    found = model.unusual(Asked("the goat ate my antenna", "refund", {}), 0.1)
    assert any("goat" in one.sentence for one in found)
    kept = b"".join(one.read_bytes() for one in (folder / "known").rglob("*") if one.is_file())
    assert b"kettle" in kept


def test_no_customers_words_are_kept_unless_asked_for(folder: Path) -> None:
    learn(planned(folder, labelled(4, 60), columns=BODY))
    kept = b"".join(one.read_bytes() for one in (folder / "known").rglob("*") if one.is_file())
    assert b"kettle" not in kept


def test_the_facts_are_those_asked_for_with_their_columns(folder: Path) -> None:
    rows = labelled(country=FACTS["country"], total=FACTS["amount"], vip=FACTS["vip"])
    columns = replace(NO_TEXT, facts={"amount": "total"})
    assert list(learn(planned(folder, rows, columns=columns)).facts) == ["amount", "country", "vip"]
    asked = planned(folder, rows, columns=columns, facts=("amount", "vip"))
    assert list(learn(asked).facts) == ["amount", "vip"]


def test_files_given_to_be_held_out_calibrate_and_their_rows_are_counted_on(folder: Path) -> None:
    rows = labelled(4, 40)
    given = [
        {"body": request(type, number), "kind": type} for number in range(40, 52) for type in TYPES
    ]
    torn = {"body": rows[0]["body"], "kind": "delivery"}
    held = written(folder / "held.csv", [*given, torn, rows[1], {**rows[0], "kind": ""}])
    report = learn(planned(folder, rows, held_out=(held,), columns=BODY))
    assert (report.rows, report.fitted, report.held_out) == (210, 160, 50)
    assert (report.skipped, report.copies) == ({"no type": 1}, 1)
    assert report.conflicts.texts == 1
    assert report.conflicts.rows == (1, 209)


def test_what_people_named_is_learned_and_never_held_out(folder: Path) -> None:
    rows = labelled(4, 60, amount=FACTS["amount"])
    said = [
        Named("roaming", Decision(text=request("roaming", number), facts={"amount": 12}))
        for number in range(12)
    ]
    said += [Named("roaming", Decision(text=text)) for text in (None, "  ")]
    plain = learn(planned(folder, rows, columns=BODY, folder=folder / "plain"))
    report = learn(planned(folder, rows, columns=BODY, added=tuple(said)))
    assert (report.added, report.rows, report.types["roaming"]) == (12, 252, 12)
    assert report.skipped == {"named by people, no text": 2}
    assert (report.fitted, report.held_out) == (plain.fitted + 12, plain.held_out)
    asked = [Asked(request("roaming", number), None, {"amount": 12}) for number in range(20, 40)]
    before, after = (load(folder / one).judged(asked).checks[:, 0] for one in ("plain", "known"))
    assert (before <= 0.05).mean() > 0.9  # of the wording
    assert (after <= 0.05).mean() < 0.1
    assert "roaming" in read_manifest(folder / "known").types


def test_the_facts_of_what_people_named_are_those_that_the_gate_would_see(folder: Path) -> None:
    rows = labelled(limit=lambda number: 2 * number, amount=FACTS["amount"])
    said = Named("refund", Decision(facts={"country": "PT"}, proposal={"limit": 4_000}))
    report = learn(planned(folder, rows, added=(said,)))
    assert (report.added, report.skipped) == (1, {})
    model = load(report.folder)
    facts = model.model.facts
    assert facts is not None
    assert facts.numbers["limit"].familiar[-1] == 8_000
    assert facts.missing["amount"] == pytest.approx(1 / report.fitted)


def test_what_people_named_with_a_fact_that_cannot_be_used_is_left_out(folder: Path) -> None:
    odd = Decision(facts={"amount": "a lot"}, proposal={"limit": 4_000})
    rows = labelled(amount=FACTS["amount"])
    report = learn(planned(folder, rows, added=(Named("refund", odd), Named("refund", odd))))
    assert report.added == 0
    assert report.skipped == {"named by people, a fact that cannot be used": 2}


def test_rows_by_chance_give_another_split(folder: Path) -> None:
    first = learn(planned(folder, by_chance=1, folder=folder / "a"))
    again = learn(planned(folder, by_chance=1, folder=folder / "b"))
    other = learn(planned(folder, by_chance=2, folder=folder / "c"))
    assert first.digest == again.digest != other.digest


def test_a_rate_that_the_rows_cannot_carry_is_no_promise(folder: Path) -> None:
    report = learn(planned(folder, rate=0.001))
    assert (report.rate, report.promise) == (0.001, None)
    assert report.least_rate > 0.001
    table = folder / "handraise.yaml"
    table.write_text(TABLE.replace("15%", "0.1%"))
    assert learn(planned(folder)).promise is None
    assert [finding.code for finding in read_table(table).errors] == ["rate"]
    table.write_text(TABLE.replace("    - {unfamiliar: 15%, to: supervisor}\n", ""))
    assert learn(planned(folder)).rate == 0.02


def test_the_report_says_what_is_odd_about_the_rows(folder: Path) -> None:
    rows = labelled(4, 60)
    rows += [rows[0], {"body": rows[1]["body"], "kind": "refund"}, {"body": " ", "kind": "refund"}]
    rows += [{"body": "a rare thing", "kind": "rare"}]
    ids = [{**row, "country": f"id {place}"} for place, row in enumerate(rows * 6)]
    report = learn(planned(folder, ids, facts=("country",)))
    assert report.unchecked == ("country",)
    report = learn(planned(folder, rows, columns=BODY))
    assert (report.copies, report.skipped) == (1, {"no text": 1})
    assert (report.conflicts.texts, report.conflicts.rows) == (1, (2, 242))
    assert report.too_small == ("rare",)


def test_a_table_that_does_not_name_the_folder_yet_is_told_so(folder: Path) -> None:
    table = folder / "handraise.yaml"
    listed = TABLE.replace("known: known/", f"known: [{', '.join(ABOUT)}]")
    table.write_text(listed.replace("    - {unfamiliar: 15%, to: supervisor}\n", ""))
    report = learn(planned(folder))
    assert (report.is_named, report.folder) == (False, folder / "known")
    table.write_text(TABLE)
    assert learn(planned(folder, folder=folder / "elsewhere")).is_named is False
    assert learn(planned(folder, folder=folder / "elsewhere" / ".." / "known")).is_named is True


def test_a_list_of_types_beside_an_unfamiliar_row_is_told_what_to_write_first(folder: Path) -> None:
    table = folder / "handraise.yaml"
    listed = TABLE.replace("known: known/", f"known: [{', '.join(ABOUT)}]")
    table.write_text(listed)
    with pytest.raises(InputError, match="known: lists types") as caught:
        learn(planned(folder))
    assert "first write `known: known/` in the table" in str(caught.value.hint)
    table.write_text(listed.replace("owner: priya", "owner: pria"))
    with pytest.raises(TableError, match="pria"):
        learn(planned(folder))


def test_what_changes_against_the_files_that_are_replaced_is_reported(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "def encode(texts):\n    return [[len(one), one.count('e'), 1.0] for one in texts]\n"
    (folder / "counting_letters.py").write_text(code)
    monkeypatch.syspath_prepend(folder)
    first = learn(planned(folder, labelled(5, 60), columns=BODY, keep_texts=True))
    assert first.replaced == Replaced()
    again = learn(planned(folder, labelled(5, 60), columns=BODY, keep_texts=True))
    assert again.replaced == Replaced()
    rows = [row for row in labelled(6, 60, **FACTS) if row["kind"] not in ("refund", "delivery")]
    encoder = EncoderChoice(kind="python", name="counting_letters:encode")
    fewer = learn(planned(folder, rows, columns=BODY, encoder=encoder))
    assert fewer.replaced == Replaced(
        gone=("delivery", "refund"), encoder=EncoderChoice(kind="words"), kept_texts=True
    )


def test_what_another_agent_learned_is_not_overwritten(folder: Path) -> None:
    learn(planned(folder))
    before = read_manifest(folder / "known")
    assert before.summary["agent"] == "support-agent"
    table = folder / "handraise.yaml"
    table.write_text(TABLE.replace("agent: support-agent", "agent: billing-agent"))
    with pytest.raises(InputError, match='learned for the agent "support-agent"') as caught:
        learn(planned(folder))
    assert "a folder of its own" in str(caught.value.hint)
    assert read_manifest(folder / "known") == before
    assert learn(planned(folder, folder=folder / "billing")).rows == 480


def test_more_types_than_a_table_can_know_are_refused_before_the_texts_are_read(
    folder: Path,
) -> None:
    told: list[str] = []
    rows = [{"body": "hello", "kind": f"type {at}"} for at in range(MAX_TYPES + 1)]
    with pytest.raises(InputError, match="more than 5,000 different labels"):
        learn(planned(folder, rows, columns=BODY), progress=lambda what, _share: told.append(what))
    assert set(told) <= {"reading the types"}


def test_of_each_fact_it_is_told_in_which_share_of_rows_it_is(folder: Path) -> None:
    rows = labelled(
        amount=lambda number: number if number % 5 == 0 else "", country=FACTS["country"]
    )
    report = learn(planned(folder, rows))
    assert report.present == {"amount": pytest.approx(0.2), "country": 1.0}
    assert report.unpaired == ()


def test_the_agent_of_a_table_is_read_without_its_learned_files(folder: Path) -> None:
    assert agent_of(folder / "handraise.yaml") == "support-agent"
    for text in ("agent: [1", "handraise: 1\n", "agent: 7\n", "[]\n"):
        (folder / "handraise.yaml").write_text(text)
        with pytest.raises(TableError):
            agent_of(folder / "handraise.yaml")


REFUSED = {
    "a missing file": ({"paths": (Path("gone.csv"),)}, r"gone\.csv: there is no such file"),
    "a type column that is none": (
        {"columns": Columns(text=None, type="sort")},
        'has no column "sort"',
    ),
    "a text column that is none": (
        {"columns": Columns(text="words", type="kind")},
        'has no column "words"',
    ),
    "a fact that is none": ({"facts": ("colour",)}, 'there is no fact "colour"'),
    "a column for a fact that is none": (
        {"columns": Columns(text=None, type="kind", facts={"colour": "vip"})},
        'there is no fact "colour"',
    ),
    "a fact whose column is none": ({"facts": ("limit",)}, 'has no column "limit"'),
    "a column that is none": (
        {"columns": Columns(text=None, type="kind", facts={"vip": "important"})},
        'has no column "important"',
    ),
    "a value of another kind": (
        {"columns": Columns(text=None, type="kind", facts={"amount": "country"})},
        'column "country": expected a number',
    ),
    "nothing to learn": ({"facts": ()}, "there is nothing to learn"),
    "no file at all": ({"paths": ()}, "no labelled file was named"),
}


@pytest.mark.parametrize(("fields", "said"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_as_expected_is_refused_and_nothing_is_written(
    folder: Path, fields: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said) as caught:
        learn(planned(folder, **fields))
    assert "kettle" not in str(caught.value)
    assert not (folder / "known").exists()


def test_too_few_rows_are_refused(folder: Path) -> None:
    with pytest.raises(InputError, match=f"{LEAST_HELD_OUT} are needed") as caught:
        learn(planned(folder, labelled(3, 12, **FACTS)))
    assert "there are too few rows: 3 could be held out" in str(caught.value)
    held = written(folder / "held.csv", labelled(8, 9, amount=lambda number: number))
    same = planned(
        folder, labelled(8, 9, amount=lambda number: number), held_out=(held,), columns=BODY
    )
    with pytest.raises(InputError, match="each of its rows repeats one"):
        learn(same)


def test_a_table_with_other_findings_is_refused_with_all_of_them(folder: Path) -> None:
    (folder / "handraise.yaml").write_text(TABLE.replace("owner: priya", "owner: pria"))
    with pytest.raises(TableError, match="pria"):
        learn(planned(folder))
    (folder / "handraise.yaml").unlink()
    with pytest.raises(InputError, match="there is no such file"):
        learn(planned(folder))


def test_a_folder_with_other_files_is_refused_before_anything_is_learned(folder: Path) -> None:
    (folder / "known").mkdir()
    (folder / "known" / "notes.txt").write_text("mine")
    told: list[str] = []
    with pytest.raises(InputError, match="holds other files"):
        learn(planned(folder), progress=lambda what, _share: told.append(what))
    assert set(told) == {"reading the types"}
    assert [one.name for one in (folder / "known").iterdir()] == ["notes.txt"]


def test_where_learning_fails_the_old_files_stay(folder: Path) -> None:
    before = learn(planned(folder))
    module = folder / "failing.py"
    module.write_text("def encode(texts):\n    raise RuntimeError(texts[0])\n")
    sys.path.insert(0, str(folder))
    try:
        plan = planned(
            folder, columns=BODY, encoder=EncoderChoice(kind="python", name="failing:encode")
        )
        with pytest.raises(EncoderError) as caught:
            learn(plan)
    finally:
        sys.path.remove(str(folder))
        sys.modules.pop("failing", None)
    assert "nothing was written" in str(caught.value)
    assert "kettle" not in str(caught.value)
    assert load(folder / "known").digest == before.digest


def test_a_table_signed_with_the_files_before_still_finds_them_until_it_is_signed_again(
    folder: Path,
) -> None:
    learn(planned(folder))
    signed = read_table(folder / "handraise.yaml").table
    learn(planned(folder, by_chance=1))
    newer = read_table(folder / "handraise.yaml").table
    assert signed is not None
    assert newer is not None
    assert signed.version != newer.version
    asked = Asked(None, "refund", {"amount": 20, "country": "PT", "vip": True})
    for table in (signed, newer):
        familiar = familiar_beside(table, folder)
        assert familiar is not None
        assert familiar.p_value(asked) > 0
    learn(planned(folder, by_chance=2))
    gone = familiar_beside(signed, folder)
    assert gone is not None
    with pytest.raises(CannotLookError, match="no longer those that the table names"):
        gone.p_value(asked)


def test_a_file_that_changes_while_it_is_read_is_refused(folder: Path) -> None:
    plan = planned(folder)
    more = written(folder / "more.csv", labelled(4, 10, **FACTS))

    def grow(what: str, share: float | None) -> None:
        if (what, share) == ("reading the rows", 1.0):
            with plan.paths[0].open("a") as file:
                file.write("one more,refund,1,PT,yes\n" * len(labelled(4, 20)))

    with pytest.raises(InputError, match="changed while it was read"):
        learn(replace(plan, paths=(*plan.paths, more)), progress=grow)
    assert not (folder / "known").exists()


def vectors(texts: Sequence[str]) -> np.ndarray:
    """Return which type's words a text has; an encoder of one's own."""
    found = np.full((len(texts), len(ABOUT) + 1), 0.01)
    for row, text in zip(found, texts, strict=True):
        own = set(text.split())
        row[:-1] += [len(own & set(words.split())) for words in ABOUT.values()]
        row[-1] += len(own) / 10
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def test_an_encoder_of_ones_own_is_named_and_asked_again(folder: Path) -> None:
    choice = EncoderChoice(kind="python", name=f"{__name__}:vectors")
    report: Report = learn(planned(folder, labelled(4, 60), columns=BODY, encoder=choice))
    assert replace(report.encoder, version="") == choice
    model = load(report.folder)
    assert model.p_value(Asked("xylophones and zebras", "refund", {})) <= 0.1
    assert model.p_value(Asked(request("refund", 1), "refund", {})) > 0.1
