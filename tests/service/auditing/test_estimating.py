"""What goes wrong alone: what is pending is not right, outcomes and the owner's word count."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from handraise.clock import ManualClock
from handraise.core.monitor.strata import at_most
from handraise.model import Outcome
from handraise.service.auditing.estimating import Alone
from handraise.service.auditing.telling import against_promise, beside, headline
from handraise.service.telling.wording import fresh_id
from handraise.service.wiring import Operation
from tests.support.audited import REPLY, alone, audits, looked, table
from tests.support.operation import AGENT, RecordingSender, opened

LOTS = table(at_most="99 a day", twice="0.5")


@pytest.fixture
def many(folder: Path, clock: ManualClock, sender: RecordingSender) -> Iterator[Operation]:
    """An operation whose people have room for many, half of them twice."""
    operation = opened(folder, clock=clock, sender=sender, table=LOTS)
    yield operation
    operation.close()


def known(operation: Operation) -> Alone:
    return operation.estimating.alone(AGENT)


def ripe(operation: Operation) -> Alone:
    """Return what is known once people have had their time for all that was drawn."""
    assert isinstance(operation.clock, ManualClock)
    operation.clock.advance(days=3, hours=1)
    return known(operation)


def told(operation: Operation, decision_id: str, *, is_right: bool, source: str = "file") -> None:
    now = operation.clock.now()
    outcome = Outcome(
        id=fresh_id(),
        agent=AGENT,
        decision_id=decision_id,
        is_right=is_right,
        at=now,
        told_at=now,
        source=source,  # type: ignore[arg-type]
        by="priya",
    )
    assert operation.store.tell_outcomes([outcome]) == 1


def test_nothing_looked_at_is_not_known_to_be_right(operation: Operation) -> None:
    alone(operation, 4)
    fresh = known(operation)
    assert (fresh.estimate.decisions, fresh.estimate.pending, fresh.young) == (0, 0, 4)
    assert "too fresh to say" in headline(fresh)
    found = ripe(operation)
    assert found.estimate.rate is None
    assert (found.estimate.decisions, found.estimate.pending, found.waiting) == (4, 4, 4)
    assert found.estimate.bound == found.estimate.rate_at_worst == 1
    assert "what goes wrong is not known" in headline(found)
    assert found.is_audited
    assert "4 of 4 were not looked at in time and count as wrong in the bound" in headline(found)
    assert found.since is not None


def test_the_rate_is_of_what_was_told_weighed_by_severity(operation: Operation) -> None:
    alone(operation, 5)
    alone(operation, 5, REPLY)
    operation.asking.tick()
    for number, one in enumerate(audits(operation)):
        looked(operation, one, "wrong" if number < 2 else "right", stake=40.0)
    found = ripe(operation).estimate
    assert found.rate == pytest.approx(0.5 * 2 / 5)
    assert [part.severity for part in found.strata] == ["low", "high"]
    assert found.cost == pytest.approx(2 * 40)
    assert [window.days for window in known(operation).windows] == [None, 28, 90]
    own = 0.05 / 2 * 0.8
    assert found.bound == pytest.approx(0.5 * at_most(0, 5, own) + 0.5 * at_most(2, 5, own))


def test_the_windows_forget_and_the_version_does_not(
    operation: Operation, clock: ManualClock
) -> None:
    alone(operation, 2)
    operation.asking.tick()
    for one in audits(operation):
        looked(operation, one, "wrong")
    clock.advance(days=40)
    alone(operation, 1)
    operation.asking.tick()
    looked(operation, audits(operation, state="asked")[0], "right")
    whole, month, quarter = ripe(operation).windows
    assert whole.estimate.rate == quarter.estimate.rate == pytest.approx(2 / 3)
    assert month.estimate.rate == 0


def test_what_two_people_see_differently_is_unclear_until_the_owner_has_said(
    many: Operation,
) -> None:
    alone(many, 8)
    many.asking.tick()
    seconds = {one.decision_id for one in audits(many) if one.id.endswith(".2")}
    assert seconds
    for one in audits(many):
        looked(many, one, "wrong" if one.id.endswith(".2") else "right")
    found = ripe(many)
    assert found.estimate.unclear == len(seconds)
    assert found.estimate.wrong == 0
    assert {one.decision_id for one in found.disagreements} == seconds
    assert (found.agreement.alike, found.agreement.pairs) == (0, len(seconds))
    assert any("people disagree" in line for line in beside(found))

    many.audits.settle(min(seconds), "priya", "wrong")
    after = known(many)
    assert (after.estimate.wrong, after.estimate.unclear) == (1, len(seconds) - 1)
    assert min(seconds) not in {one.decision_id for one in after.disagreements}
    assert after.agreement == found.agreement  # the owner's word is nobody's second look


def test_a_second_look_alone_is_a_look_and_one_decision_counts_once(many: Operation) -> None:
    alone(many, 8)
    many.asking.tick()
    seconds = [one for one in audits(many) if one.id.endswith(".2")]
    for one in seconds:
        looked(many, one, "right")
    found = ripe(many).estimate
    assert (found.right, found.pending) == (len(seconds), 8 - len(seconds))


def test_how_it_turned_out_beats_an_answer_and_closes_nothing(operation: Operation) -> None:
    alone(operation, 3)
    operation.asking.tick()
    first, second, third = audits(operation)
    looked(operation, first, "right")
    looked(operation, second, "wrong")
    told(operation, first.decision_id, is_right=False)
    told(operation, third.decision_id, is_right=False)  # nobody has looked at it yet
    found = ripe(operation)
    assert (found.estimate.wrong, found.estimate.right, found.estimate.pending) == (2, 0, 1)
    assert found.outcomes == 1


def test_the_agents_own_word_counts_nothing(operation: Operation) -> None:
    alone(operation)
    operation.asking.tick()
    looked(operation, audits(operation)[0], "wrong")
    told(operation, audits(operation)[0].decision_id, is_right=True, source="agent")
    assert ripe(operation).estimate.wrong == 1


def test_what_nobody_answered_in_time_is_late_also_where_nobody_has_it(
    operation: Operation, clock: ManualClock
) -> None:
    alone(operation, 14)
    operation.asking.tick()
    assert (known(operation).waiting, known(operation).put, known(operation).late) == (14, 10, 0)
    clock.advance(days=3, minutes=1)
    found = known(operation)
    assert found.late == 14
    assert "14 looks not answered, 14 of them late" in " ".join(beside(found))


def test_what_people_would_have_done_is_held_against_what_the_agent_did(
    operation: Operation,
) -> None:
    alone(operation, 3)
    operation.asking.tick()
    for one, chosen in zip(audits(operation), ("refund", "refund", "send_reply"), strict=True):
        looked(operation, one, "right", chosen=chosen)
    found = known(operation)
    assert (found.blind.alike, found.blind.pairs) == (2, 3)
    assert "people said what the agent did for 2 of 3" in " ".join(beside(found))


def test_the_promise_is_the_tables_and_is_held_against_the_bound(operation: Operation) -> None:
    found = known(operation)
    assert found.promise is not None
    assert found.promise.rate == 0.05
    assert against_promise(found) == "At most 5.0 % is promised by the table's audit line."
    alone(operation, 1)
    operation.asking.tick()
    looked(operation, audits(operation)[0], "right")
    assert "too few were looked at" in against_promise(ripe(operation))


def test_without_an_audit_line_nothing_is_drawn_and_it_says_so(
    folder: Path, clock: ManualClock, sender: RecordingSender
) -> None:
    operation = opened(folder, clock=clock, sender=sender, table=table().replace("audit:", "#"))
    try:
        alone(operation, 2)
        found = ripe(operation)
        assert not found.is_audited
        assert found.promise is None
        assert found.estimate.decisions == 2
        assert "the table draws nothing" in headline(found)
        assert "Nothing is promised" in against_promise(found)
    finally:
        operation.close()


def test_it_speaks_of_what_people_had_time_for_and_says_until_when(operation: Operation) -> None:
    alone(operation, 3)
    operation.asking.tick()
    looked(operation, audits(operation)[0], "right")
    assert known(operation).estimate.rate is None  # an answer that comes early counts no earlier
    found = ripe(operation)
    alone(operation, 2)
    assert (known(operation).estimate, known(operation).young) == (found.estimate, 2)
    assert found.estimate.bound == at_most(2, 3, 0.05 / 2 * 0.8)
    assert f"until {found.until:%-d %b %Y, %H:%M} UTC; 2 of 3 were not looked" in headline(found)


def test_what_was_worked_out_stays_until_something_concerns_audits(operation: Operation) -> None:
    alone(operation, 1)
    operation.asking.tick()
    before = known(operation)
    operation.roster.away("ines", None, None, "holiday", "ines")
    assert known(operation) is before
    looked(operation, audits(operation)[0], "right")
    assert known(operation) is not before
