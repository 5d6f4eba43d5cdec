"""What a message says of alarms: since when about, and what came and went meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec.structs import replace

from handraise.core.monitor.alarming import Settled
from handraise.model import Alarm
from handraise.service.telling.wording.watched import alarm_messages
from tests.support.support_table import TABLE, table_of

AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
OVER = Alarm(
    id="1", agent="support-agent", kind="too_much", subject="all", state="resolved",
    sentence="It stops 50 %.", means="-", raised_at=AT, seen_at=AT, resolved_at=AT,
)  # fmt: skip


def test_what_came_and_went_is_told_apart_from_what_is_over() -> None:
    late = replace(OVER, id="2", kind="late", sentence="Late.")
    table = table_of(TABLE)
    (both,) = alarm_messages(table, Settled(over=(OVER, late), passed=frozenset("1")), "", AT)
    assert both.subject == "support-agent: 2 alarms over: It stops 50 %."
    came, _, over = both.body.partition("Over:")
    assert "Came and went before you were told:" in came
    assert "It stops 50 %." in came
    assert "Late." in over
    (one,) = alarm_messages(table, Settled(over=(OVER,), passed=frozenset("1")), "", AT)
    assert one.subject == "support-agent: 1 alarm came and went: It stops 50 %."
    assert "Over:" not in one.body


def test_since_when_a_rate_is_wrong_is_about_that_time() -> None:
    wrong = replace(OVER, state="open", resolved_at=None, since=AT)
    late = replace(wrong, id="2", kind="late")
    (made,) = alarm_messages(table_of(TABLE), Settled(wrong=(wrong, late)), "", AT)
    assert "    Since about Mon 05 Jan, 09:00" in made.body
    assert "    Since Mon 05 Jan, 09:00" in made.body
