"""Learned files at work: loaded once, refused when they are others, and kept out of nobody's way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from handraise.core.familiar.look import Asked, CannotLookError, Familiar
from handraise.core.table.read import read
from handraise.core.table.types import Table
from handraise.errors import Error, InputError
from handraise.service.deciding.gate import EmbeddedGate
from handraise.service.deciding.remote import RemoteGate
from handraise.service.reading.learned import FROM_STORE, LOADING, LearnedFiles, loaded
from handraise.service.reading.shelf import Shelf
from handraise.service.reading.tables import open_table, read_table
from handraise.service.wiring import Operation
from tests.support.learned import ToldFamiliar, learned_table, odd, window, with_learned
from tests.support.operation import AGENT, SURE, TABLE, answered, opened
from tests.support.server import Server
from tests.support.signed import sign

LEARNED = with_learned(facts={}, reads_text=False)
ROW = "  novelty:     {unknown: type, to: support_supervisor, tag: new situation}\n"
TEXT = TABLE.replace("known: [refund_request]", "known: known/").replace(
    ROW, ROW.replace("{", "[{").replace("}", "}, {unfamiliar: 2%, to: finance_lead}]")
)
ASKED = Asked(text="pay it back", type="refund_request", facts={})


class Loading:
    """Loads what it is told, and remembers from where."""

    def __init__(self, found: Familiar | BaseException) -> None:
        self.found = found
        self.folders: list[Path] = []
        self.digests: list[str] = []

    def __call__(self, folder: Path, digest: str) -> Familiar:
        """Return or raise what it was told."""
        self.folders.append(folder)
        self.digests.append(digest)
        if isinstance(self.found, BaseException):
            raise self.found
        return self.found


class Watch:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 5.0

    def __call__(self) -> float:
        """Return the seconds that passed."""
        return self.now


def test_the_files_are_loaded_once_from_beside_the_table():
    load = Loading(ToldFamiliar(0.25, (odd(),)))
    files = LearnedFiles(load)
    files.register("support-agent", Path("tables"))
    first, again = files.of(learned_table()), files.of(learned_table())
    assert first is again
    assert first is not None
    assert first.digest == learned_table().known.learned.digest
    assert (first.p_value(ASKED), first.unusual(ASKED, 0.02)) == (0.25, (odd(),))
    assert load.folders == [Path("tables/known")]


def test_a_table_without_learned_files_has_none():
    plain = read(TABLE).table
    assert plain is not None
    assert LearnedFiles().of(plain) is None


def test_what_was_loaded_is_given_or_why_it_was_not():
    plain = read(TABLE).table
    assert plain is not None
    told = ToldFamiliar()
    files = LearnedFiles(Loading(told))
    files.register("support-agent", Path("tables"))
    assert files.loaded(plain) == (None, "")
    assert files.loaded(learned_table()) == (told, "")
    broken = LearnedFiles(Loading(InputError("it is damaged")))
    broken.register("support-agent", Path("tables"))
    assert broken.loaded(learned_table()) == (None, "it is damaged")
    assert LearnedFiles().loaded(learned_table()) == (None, FROM_STORE)


def test_many_threads_load_the_files_once():
    load = Loading(ToldFamiliar(0.25))
    files = LearnedFiles(load)
    files.register("support-agent", Path("tables"))
    table = learned_table()
    threads = [threading.Thread(target=files.of, args=(table,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(load.folders) == 1


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (InputError("known: the learned files are damaged"), "known: the learned files are damaged"),
        (ValueError("a customer's words"), "the learned files cannot be loaded (ValueError)"),
        (SystemExit("a customer's words"), "the learned files cannot be loaded (SystemExit)"),
        (ToldFamiliar(digest="e" * 64), "the learned files are no longer those that the table names"),
    ],
    ids=["damaged", "broken", "leaving", "others"],
)  # fmt: skip
def test_what_cannot_be_loaded_cannot_be_asked_and_is_tried_again_after_a_minute(
    found: Any, why: str, capsys: pytest.CaptureFixture[str]
):
    load, watch = Loading(found), Watch()
    files = LearnedFiles(load, watch)
    files.register("support-agent", Path("tables"))
    familiar = files.of(learned_table())
    assert familiar is not None
    for _ in range(3):
        with pytest.raises(CannotLookError) as caught:
            familiar.p_value(ASKED)
        assert str(caught.value) == why
        with pytest.raises(CannotLookError):
            familiar.unusual(ASKED, 0.02)
    watch.now += 59
    assert files.loaded(learned_table()) == (None, why)
    assert len(load.folders) == 1
    watch.now += 1
    with pytest.raises(CannotLookError):
        familiar.p_value(ASKED)
    assert files.loaded(learned_table()) == (None, why)
    assert len(load.folders) == 2
    logged = capsys.readouterr().err
    assert logged.count("learned files cannot be used") == 1
    assert "customer" not in logged
    load.found = ToldFamiliar(0.5)
    watch.now += 60
    assert files.of(learned_table()) is familiar
    assert familiar.p_value(ASKED) == 0.5


def test_a_decision_does_not_wait_for_files_that_are_being_loaded():
    may_end = threading.Event()

    def load(_folder: Path, _digest: str) -> Familiar:
        assert may_end.wait(60)
        return ToldFamiliar(0.25)

    files = LearnedFiles(load)
    files.register("support-agent", Path("tables"))
    table = learned_table()
    familiar = files.of(table, wait_s=0.01)
    assert familiar is not None
    for _ in range(2):
        with pytest.raises(CannotLookError, match=LOADING):
            familiar.p_value(ASKED)
    may_end.set()
    assert files.of(table, wait_s=None) is familiar
    assert familiar.p_value(ASKED) == 0.25


def test_the_loader_is_told_which_files_are_wanted():
    load = Loading(ToldFamiliar())
    files = LearnedFiles(load)
    files.register("support-agent", Path("tables"))
    files.of(learned_table())
    assert load.digests == ["d" * 64]


def test_a_table_that_comes_from_its_store_alone_has_no_files():
    load = Loading(ToldFamiliar())
    files = LearnedFiles(load)
    familiar = files.of(learned_table())
    assert familiar is not None
    with pytest.raises(CannotLookError, match=FROM_STORE.split(":")[0]):
        familiar.p_value(ASKED)
    assert load.folders == []
    files.register("support-agent", Path("tables"))
    found = files.of(learned_table())
    assert found is not None
    assert found.p_value(ASKED) == 0.5


def test_a_folder_without_learned_files_is_a_finding_and_not_loaded(tmp_path: Path):
    path = tmp_path / "handraise.yaml"
    path.write_text(TEXT)
    (finding,) = read_table(path).errors
    assert (finding.code, finding.path) == ("known", "known")
    with pytest.raises(Error):
        loaded(tmp_path / "known", "d" * 64)


class AtWork:
    """An operation whose agent's table names learned files that say what they are told."""

    def __init__(self, folder: Path) -> None:
        self.familiar = ToldFamiliar(0.5, (odd(), odd("length")))
        self.operation: Operation = opened(folder)
        learned = LearnedFiles(Loading(self.familiar))
        learned.register(AGENT, folder)
        self.operation.shelf.learned = learned
        reading = read(TEXT, learned=window(LEARNED, ("refund_request",)))
        assert reading.table is not None, [one.line_text() for one in reading.errors]
        self.table: Table = reading.table
        self.operation.shelf.register(self.table, reading, "handraise.yaml")
        self.gate: EmbeddedGate = self.operation.add(self.table)
        familiar = learned.of(self.table)
        sign(self.operation, self.table, familiar=familiar)


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[AtWork]:
    work = AtWork(tmp_path)
    yield work
    work.operation.close()


def test_the_gate_asks_and_keeps_how_usual_a_decision_was(at_work: AtWork):
    verdict = at_work.gate.decide(**SURE, key="one")
    assert (verdict.outcome, verdict.familiarity) == ("proceed", 0.5)
    assert at_work.gate.decide(**SURE, key="one").familiarity == 0.5
    kept = at_work.operation.store.decision_by_key(AGENT, "one", rehearsal=False)
    assert kept is not None
    assert kept.familiarity == 0.5


def test_a_stop_keeps_how_usual_it_was_and_every_unusual_thing(at_work: AtWork):
    at_work.familiar.p = 0.01
    verdict = at_work.gate.decide(**SURE, key="one")
    assert (verdict.routes, verdict.familiarity) == (("finance_lead",), 0.01)
    kept = at_work.operation.store.escalation(verdict.escalation_id or "")
    assert kept is not None
    assert kept.familiarity == 0.01
    assert [reason.row for reason in kept.reasons] == ["novelty.2", "novelty.2"]
    created = at_work.operation.store.events(kept.id)[0]
    assert created.detail["rows"] == ["novelty.2"]
    at_work.familiar.p = 0.5
    assert at_work.gate.decide(**SURE, key="one").familiarity == 0.01


def test_a_changed_proposal_is_held_against_the_same_files(at_work: AtWork):
    verdict = at_work.gate.decide(**SURE | {"confidence": 0.5})
    before = len(at_work.familiar.asked)
    found = answered(
        at_work.operation,
        verdict.escalation_id or "",
        "change",
        reason="less",
        proposal={"refund": 41},
    )
    assert len(at_work.familiar.asked) == before + 1
    assert found.state == "resolved"


def test_another_process_knows_the_table_and_cannot_look(at_work: AtWork):
    shelf = Shelf(at_work.operation.store, at_work.operation.clock)
    table = shelf.newest(AGENT)
    assert table == at_work.table
    at_work.operation.shelf = shelf
    familiar = shelf.learned.of(table)
    assert familiar is not None
    with pytest.raises(CannotLookError):
        familiar.p_value(ASKED)


def test_the_share_goes_over_the_wire(at_work: AtWork):
    server = Server.of(at_work.operation)
    try:
        _, key = at_work.operation.door.make_key(AGENT, "test")
        with RemoteGate(server.url, key) as gate:
            assert gate.decide(**SURE).familiarity == 0.5
            at_work.familiar.p = 0.01
            assert gate.decide(**SURE | {"proposal": {"refund": 3}}).familiarity == 0.01
    finally:
        server.close()


def test_the_files_of_a_table_that_is_opened_are_looked_for_beside_it(tmp_path: Path):
    operation = opened(tmp_path)
    try:
        assert open_table(tmp_path / "handraise.yaml")[0].known.learned is None
        load = Loading(ToldFamiliar())
        operation.shelf.learned = LearnedFiles(load)
        operation.open(tmp_path / "handraise.yaml")
        reading = read(TEXT, learned=window(LEARNED, ("refund_request",)))
        assert reading.table is not None
        operation.shelf.learned.of(reading.table)
        assert load.folders == [tmp_path / "known"]
    finally:
        operation.close()
