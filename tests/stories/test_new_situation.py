"""What the agent was not trained on stops, a person says what it is, and it is learned."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from handraise.errors import TableError
from handraise.model import Verdict
from handraise.service.learning.grouping import letters_of
from handraise.service.learning.learn import learn
from handraise.service.learning.named import named_of
from handraise.service.learning.plan import Named, Plan
from handraise.service.learning.rows import Columns
from handraise.service.learning.situations import Situations
from tests.support.familiar import requests
from tests.support.story import AGENT, SURE, TABLE, Story

NOVELTY = "novelty: {unknown: type, to: support_supervisor, tag: new situation}"
LEARNED = TABLE.replace("known: [refund_request]", "known: known/").replace(
    NOVELTY,
    "novelty:\n    - {unknown: type, to: support_supervisor, tag: new situation}\n"
    "    - {unfamiliar: 5%, to: support_supervisor, tag: new situation}",
)
KNOWN = requests(600, types=("refund", "card_lost", "address", "delay", "broken"), facts=False)
USUAL = KNOWN[0].text or ""
LEARNED = LEARNED.replace("type: refund_request,", f"type: refund, text: {USUAL!r},")
FAMILIAR = {**SURE, "type": "refund", "text": USUAL}
NEW = [str(one.text) for one in requests(24, types=("invoice",), seed=1, facts=False)]


def learned(folder: Path, added: tuple[Named, ...] = ()) -> None:
    (folder / "handraise.yaml").write_text(LEARNED, encoding="utf-8")
    with (folder / "past.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["message", "kind"])
        writer.writerows([one.text, one.type] for one in KNOWN)
    columns = Columns(text="message", type="kind")
    paths = (folder / "past.csv",)
    learn(Plan(table=folder / "handraise.yaml", paths=paths, columns=columns, added=added))


@pytest.fixture
def taught(tell: Callable[..., Story], tmp_path: Path) -> Story:
    """Return a story whose agent's labelled past was learned."""
    learned(tmp_path)
    return tell(LEARNED)


def ask(story: Story, text: str, number: int) -> Verdict:
    return story.decide(FAMILIAR, text=text, case=f"ticket-{number}")


def test_familiar_requests_go_ahead_and_say_how_usual_they_are(taught: Story):
    verdict = taught.decide(FAMILIAR)

    assert not verdict.escalated
    assert verdict.familiarity is not None
    assert verdict.familiarity > 0.05


def test_what_is_new_is_asked_named_and_learned(taught: Story, tmp_path: Path):
    for number, text in enumerate(NEW[:20]):
        stopped = ask(taught, text, number)
        assert stopped.tags == ("new situation",)
        assert stopped.reasons[0].sentence.startswith("the wording is unlike")
        taught.answer(stopped, "dana")
    taught.sender.sent.clear()

    operation = taught.operation
    situations = Situations(operation.store, operation.shelf, taught.clock)
    for group in situations.groups(AGENT, letters_of):
        situations.name(AGENT, group.escalation_ids, "invoice", "dana")
    again = ask(taught, NEW[20], 20)
    assert again.escalated, "what was new stays new until it is learned"
    taught.answer(again, "dana")
    taught.sender.sent.clear()

    learned(tmp_path, named_of(operation.store, AGENT))
    taught.clock.advance(minutes=1)
    taught.rewrite()
    known = taught.decide(FAMILIAR, type="invoice", text=NEW[23], case="ticket-21")

    assert not known.escalated
    unknowing = taught.decide(FAMILIAR, text=NEW[22], case="ticket-22")
    assert "the agent takes it for" in " ".join(one.sentence for one in unknowing.reasons)
    assert taught.decide(FAMILIAR, text="translate this poem to latin", case="ticket-23").escalated
    taught.sender.sent.clear()


def test_a_gate_that_runs_goes_on_by_what_it_loaded_and_damaged_files_open_none(
    taught: Story, tmp_path: Path
):
    for file in (tmp_path / "known").rglob("*.npy"):
        file.write_bytes(b"")

    assert not taught.decide(FAMILIAR).escalated
    with pytest.raises(TableError, match="is damaged"):
        Story(tmp_path, LEARNED)
