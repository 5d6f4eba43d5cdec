"""People leave the table while they hold an ask; owners change."""

from __future__ import annotations

import pytest

from handraise.errors import AccessError
from tests.support.story import BIG, TABLE, UNSURE, Story

DANA = '  dana:  {name: Dana Reyes, contact: "mailto:dana@example.com"}\n'
INES = '  ines:  {name: Ines Duarte, contact: "mailto:ines@example.com"}\n'
OMAR = '  omar:  {name: Omar Haddad, contact: "mailto:omar@example.com"}\n'


def test_a_person_who_leaves_the_table_loses_the_ask_at_once(story: Story):
    verdict = story.decide()
    story.expect(("dana", "asked"))
    story.acknowledge(verdict, "dana")

    story.rewrite(("people: [dana, marc]", "people: [marc]"), (DANA, ""))
    story.cycle()

    story.expect(("marc", "asked", "Dana Reyes is no longer here"))
    ask_id = f"{verdict.escalation_id}.1"
    with pytest.raises(AccessError, match="on no routing table"):
        story.operation.desk.answer(ask_id, "dana", kind="approve", digest="")
    story.answer(verdict, "marc")


def test_a_person_who_only_leaves_the_route_keeps_what_they_were_asked(story: Story):
    verdict = story.decide()
    story.expect(("dana", "asked"))
    story.rewrite(("people: [dana, marc]", "people: [marc]"))
    story.cycle()

    story.answer(verdict, "dana")
    second = story.decide(case="ticket-992")
    story.expect(("marc", "asked"))
    story.answer(second, "marc")


def test_the_last_person_of_a_route_who_leaves_hands_it_to_the_owner(story: Story):
    verdict = story.decide(BIG)
    story.expect(("ines", "asked"))
    story.rewrite((INES, OMAR), ("people: [ines]", "people: [omar]"))
    story.cycle()

    story.expect(("priya", "with_owner", "Ines Duarte is no longer here"))
    story.answer(verdict, "priya")


def test_the_owners_own_ask_goes_to_the_new_owner(story: Story):
    verdict = story.decide(BIG)
    story.forward(minutes=30)
    story.expect(("ines", "asked"), ("priya", "with_owner"), ("ines", "moved_on"))

    story.rewrite(("owner: priya", "owner: omar"), (INES, INES + OMAR))
    story.cycle()

    story.expect(
        ("omar", "with_owner", "Priya Raman is no longer the owner"), ("priya", "moved_on")
    )
    with pytest.raises(AccessError):
        story.operation.desk.acknowledge(f"{verdict.escalation_id}.1", "priya")
    story.answer(verdict, "omar")


def test_what_the_owner_took_from_a_route_goes_on_when_the_owner_changes(story: Story):
    verdict = story.decide()
    story.expect(("dana", "asked"))
    story.acknowledge(verdict, "priya")
    story.expect(("dana", "moved_on", "Priya Raman has taken it"))

    story.rewrite(("owner: priya", "owner: ines"))
    story.cycle()

    story.expect(("marc", "asked", "Priya Raman is no longer the owner"), ("priya", "moved_on"))
    story.answer(verdict, "marc")


def test_who_was_asked_by_an_older_table_in_another_process_is_found_within_a_minute(
    story: Story, tmp_path_factory: pytest.TempPathFactory
):
    old = Story(
        tmp_path_factory.mktemp("agent"),
        TABLE,
        url=f"sqlite:///{story.path.parent / 'handraise.db'}",
        secret=story.secret,
    )
    assert old.gate.ready, "it has just looked"
    story.rewrite(("people: [dana, marc]", "people: [marc]"), (DANA, ""))
    story.cycle()
    verdict = old.gate.decide(**UNSURE)
    assert story.see(verdict).asks[0].holder == "dana"

    story.forward(minutes=1)
    old.close()

    story.expect(("marc", "asked", "they are no longer here"))


def test_what_waits_to_be_sent_to_somebody_who_left_is_not_sent(story: Story):
    story.gate.decide(**UNSURE)
    story.rewrite(("people: [dana, marc]", "people: [marc]"), (DANA, ""))
    story.cycle()

    story.expect(("marc", "asked"))
    (lost,) = story.operation.store.messages(to="dana")
    assert lost.state == "dropped"
