"""What the agent was not trained on stops, a person says what it is, and it is learned."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from handraise.demo.requests import familiar
from handraise.errors import TableError
from handraise.model import Verdict
from handraise.service.learning.grouping import letters_of
from handraise.service.learning.learn import learn
from handraise.service.learning.named import named_of
from handraise.service.learning.plan import Named, Plan
from handraise.service.learning.rows import Columns
from handraise.service.learning.situations import Situations
from tests.support.story import AGENT, SURE, TABLE, Story

NOVELTY = "novelty: {unknown: type, to: support_supervisor, tag: new situation}"
LEARNED = TABLE.replace("known: [refund_request]", "known: known/").replace(
    NOVELTY,
    "novelty:\n    - {unknown: type, to: support_supervisor, tag: new situation}\n"
    "    - {unfamiliar: 5%, to: support_supervisor, tag: new situation}",
)
MESSAGES: dict[str, list[str]] = {}
for request in familiar():
    MESSAGES.setdefault(request.type, []).append(request.text)
OLD = sorted(MESSAGES)[:10]
NEW = MESSAGES["double_charge"]
KNOWN = [(MESSAGES[type][at], type) for at in range(78) for type in OLD]
USUAL = MESSAGES["change_address"][0]
LEARNED = LEARNED.replace(
    "type: refund_request,", f"type: change_address, text: {json.dumps(USUAL)},"
)
FAMILIAR = {**SURE, "type": "change_address", "text": USUAL}


def learned(folder: Path, added: tuple[Named, ...] = ()) -> None:
    (folder / "handraise.yaml").write_text(LEARNED, encoding="utf-8")
    with (folder / "past.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["message", "kind"])
        writer.writerows(KNOWN)
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
    asked = [ask(taught, text, number) for number, text in enumerate(NEW[:30])]
    stopped = [verdict for verdict in asked if verdict.escalated]
    assert len(stopped) >= 20
    for verdict in stopped:
        assert verdict.tags == ("new situation",)
        taught.answer(verdict, "dana")
    taught.sender.sent.clear()

    operation = taught.operation
    situations = Situations(operation.store, operation.shelf, taught.clock)
    for group in situations.groups(AGENT, letters_of):
        situations.name(AGENT, group.escalation_ids, "double_charge", "dana")
    again = taught.decide(FAMILIAR, text=NEW[stopped_first(asked)], case="again")
    assert again.escalated, "what was new stays new until it is learned"
    taught.answer(again, "dana")
    taught.sender.sent.clear()

    learned(tmp_path, named_of(operation.store, AGENT))
    taught.clock.advance(minutes=1)
    taught.rewrite()
    fresh = [
        taught.decide(FAMILIAR, type="double_charge", text=text, case=f"fresh-{number}")
        for number, text in enumerate(NEW[40:60])
    ]
    assert sum(not verdict.escalated for verdict in fresh) >= 15
    unknowing = [ask(taught, text, 100 + number) for number, text in enumerate(NEW[60:66])]
    assert all(verdict.escalated for verdict in unknowing)
    assert "the agent takes it for" in " ".join(one.sentence for one in unknowing[0].reasons)
    taught.sender.sent.clear()


def stopped_first(asked: list[Verdict]) -> int:
    return next(place for place, verdict in enumerate(asked) if verdict.escalated)


def test_a_gate_that_runs_goes_on_by_what_it_loaded_and_damaged_files_open_none(
    taught: Story, tmp_path: Path
):
    for file in (tmp_path / "known").rglob("*.npy"):
        file.write_bytes(b"")

    assert not taught.decide(FAMILIAR).escalated
    with pytest.raises(TableError, match="is damaged"):
        Story(tmp_path, LEARNED)
