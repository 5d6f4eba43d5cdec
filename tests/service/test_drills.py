"""Drills: through the real path, marked, timed, and never among the real figures."""

from __future__ import annotations

import pytest

from handraise.errors import InputError, NotFoundError
from handraise.model import DrillRecord
from handraise.service.drills import timing_of
from tests.support.story import AGENT, Story, begun

story = pytest.fixture(begun)

SUPPORT = "support_supervisor"


def started(story: Story, route: str = SUPPORT, **fields: str) -> DrillRecord:
    record = story.operation.drills.start(AGENT, route, "priya", **fields)
    story.cycle()
    return story.operation.drills.drill(record.id)


def ask_of(story: Story, record: DrillRecord) -> str:
    found = story.operation.store.escalation(record.escalation_id)
    assert found is not None
    return found.asks[0].id


def answered(story: Story, record: DrillRecord, person: str, kind: str = "approve") -> DrillRecord:
    found = story.operation.store.escalation(record.escalation_id)
    assert found is not None
    digest = found.proposal_digest
    story.operation.desk.answer(found.asks[0].id, person, kind=kind, digest=digest)  # type: ignore[arg-type]
    story.cycle()
    return story.operation.drills.drill(record.id)


def test_a_drill_goes_to_whoever_is_next_and_is_marked(story: Story):
    record = started(story)

    assert (record.person, record.outcome, record.by) == ("dana", "open", "priya")
    story.expect(("dana", "asked", "DRILL"))
    story.quiet()
    escalation = story.operation.store.escalation(record.escalation_id)
    assert escalation is not None
    assert escalation.rehearsal
    assert escalation.reasons[0].condition == "drill"


def test_it_measures_how_long_being_told_taking_and_answering_took(story: Story):
    record = started(story)
    story.forward(minutes=3)
    story.operation.desk.acknowledge(ask_of(story, record), "dana")
    story.cycle()
    story.forward(minutes=4)

    record = answered(story, record, "dana")

    timing = timing_of(record)
    assert (timing.told_s, timing.acknowledged_s, timing.answered_s) == (0, 180, 420)
    assert (record.outcome, record.answered_by) == ("answered", "dana")


def test_a_drill_that_somebody_else_answers_has_moved(story: Story):
    record = started(story)
    story.forward(minutes=20)

    record = answered(story, record, "marc")

    assert (record.outcome, record.answered_by) == ("moved", "marc")


def test_a_drill_that_nobody_answers_ends_by_itself_and_has_failed(story: Story):
    record = started(story)
    story.forward(hours=4)
    story.cycle()

    record = story.operation.drills.drill(record.id)
    assert record.outcome == "failed"
    escalation = story.operation.store.escalation(record.escalation_id)
    assert escalation is not None
    assert escalation.outcome == "withdrawn"
    timing = timing_of(record)
    assert (timing.told_s, timing.acknowledged_s, timing.answered_s) == (0, None, None)


def test_a_drill_may_name_its_person_and_try_the_owner(story: Story):
    assert started(story, person="marc").person == "marc"
    assert started(story, "owner").person == "priya"


def test_what_cannot_be_drilled_is_said(story: Story):
    with pytest.raises(NotFoundError, match='no route "support_supervisors"') as missing:
        story.operation.drills.start(AGENT, "support_supervisors", "priya")
    assert "support_supervisor" in missing.value.hint
    with pytest.raises(InputError, match='"ines" is not on the route'):
        story.operation.drills.start(AGENT, SUPPORT, "priya", "ines")
    with pytest.raises(NotFoundError, match="there is no drill nothing"):
        story.operation.drills.drill("nothing")


def test_drills_never_mix_with_real_figures(story: Story):
    before = story.operation.store.counts(AGENT, now=story.clock.now())
    record = started(story)
    answered(story, record, "dana")

    assert story.operation.store.counts(AGENT, now=story.clock.now()) == before
    load = story.operation.store.open_load(["dana"], {"dana": story.clock.now()})
    assert load == {"dana": (0, 0)}


def test_an_approved_drill_gives_the_agent_nothing_it_may_do(story: Story):
    record = started(story)
    answered(story, record, "dana")
    escalation = story.operation.store.escalation(record.escalation_id)
    assert escalation is not None

    resolution = escalation.resolution()

    assert resolution is not None
    assert (resolution.may_act, resolution.grant) == (False, None)


def test_a_drill_that_has_ended_is_looked_at_no_more(story: Story):
    record = started(story)

    assert [one.id for one in story.operation.store.drills(open_only=True)] == [record.id]
    answered(story, record, "dana")
    assert story.operation.store.drills(open_only=True) == []
