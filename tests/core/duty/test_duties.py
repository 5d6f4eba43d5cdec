"""What a person is asked to accept, and when they are asked again."""

import pytest

from handraise.core.duty import duty_of
from tests.support.support_table import TABLE, changed, table_of


def duty(person, text=TABLE):
    return duty_of(table_of(text), person)


def with_hours(line):
    return changed('hours: "Mon-Fri 09:00-17:00"', line)


def test_who_is_on_a_route_is_told_when_they_are_asked_and_by_when():
    assert duty("dana").lines == (
        "You are first of 2 on supervisor: take it within 15m, decide within 4h.",
        "You are asked when the agent is not sure enough: its confidence is below 0.72.",
        "You are asked when something is new to it: the request is of a type it was not trained on.",
        "Your hours: Mon-Fri 09:00-17:00 (America/New_York).",
        "You take at most 40 a day.",
    )
    assert duty("ines").lines == (
        "You are the only one on finance: take it within 30m, decide within 8h.",
        "You are asked when too much is at stake: revenue_usd is over 5,000 USD either way.",
        "You are asked when too much is at stake: the action is rated critical (delete_account).",
        'You are asked when too much is at stake: reason is "fraud"; only for the type card_lost.',
        "Your hours: always (UTC).",
    )
    assert duty("marc").lines[0].startswith("You are second of 2")
    assert duty("dana").routes == ("supervisor",)
    assert (duty("dana").agent, duty("dana").person) == ("support-agent", "dana")


def test_the_owner_is_told_what_the_last_resort_is():
    assert duty("priya").routes == ("owner",)
    assert duty("priya").lines == (
        "You are the last resort: what nobody else answers in time comes to you, at any hour.",
        "If you do not answer either, it stays stopped and you keep being reminded.",
        "You get the alarms: what the agent sends is not as agreed, it gives no sign of life for 10m, a message cannot be delivered.",
    )
    ends = duty("priya", changed("unanswered: hold", "unanswered: reject"))
    assert ends.lines[1] == "If you do not answer either, it ends without approval."
    straight = duty(
        "priya", changed("severity: critical, to: finance", "severity: critical, to: owner")
    )
    assert (
        straight.lines[0]
        == "You are asked when too much is at stake: the action is rated critical (delete_account)."
    )
    both = duty("priya", changed("finance: [ines]", "finance: [ines, priya]"))
    assert both.routes == ("finance", "owner")
    assert both.lines[0].startswith("You are second of 2 on finance")


def test_several_routes_several_agreements_and_many_people_are_said():
    text = changed("finance: [ines]", "finance: {people: [ines, dana, marc], needs: 2}")
    assert duty("dana", text).routes == ("supervisor", "finance")
    assert "2 of you on finance must agree, each for themselves." in duty("dana", text).lines
    first = changed("several: every", "several: first")
    told = "Where several of the table's rows hold at once, only the first one asks."
    assert told in duty("dana", first).lines
    assert told not in duty("priya", first).lines
    many = "".join(f"  p{n}: {{name: P {n}, contact: x://y}}\n" for n in range(9))
    text = changed("people:\n", f"people:\n{many}").replace(
        "[dana, marc]", f"[{', '.join(f'p{n}' for n in range(9))}, dana, marc]"
    )
    assert duty("dana", text).lines[0].startswith("You are number 10 of 11 on supervisor")


def test_who_has_no_part_has_no_duty():
    assert duty("nobody") is None
    assert duty("marc", changed("[dana, marc]", "[dana]")) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("below: 0.72", "below: 0.8"),
        ("below: 0.72", "below: {refund_request: 0.8, else: 0.72}"),
        ("acknowledge_within: 15m", "acknowledge_within: 5m"),
        ("decide_within: 4h", "decide_within: 3h"),
        ("[dana, marc]", "[marc, dana]"),
        ("decide_within: 4h", "decide_within: 4h, needs: 2"),
        ("{unknown: type, ", "{unknown: type, for: {action: [refund]}, "),
        ("to: finance, for", "to: supervisor, for"),
        ("owner: priya", "owner: dana"),
        ("several: every", "several: first"),
        ("Fri 09:00-17:00", "Sun 09:00-17:00"),
        ("America/New_York", "Europe/Lisbon"),
        ("40 a day", "90 a day"),
        ("zone: America", "holidays: US, zone: America"),
    ],
)  # fmt: skip
def test_a_new_version_asks_again_whose_duty_changed(old, new):
    assert duty("dana", changed(old, new)).digest != duty("dana").digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("delete_account: critical", "delete_account: critical\n  close: critical"),
        ("12 * proposal.monthly_change", "proposal.monthly_change"),
        ("otherwise: 0", "otherwise: 1"),
        ("unit: USD", "unit: EUR"),
        ("> 5000", "> 4000"),
    ],
)
def test_what_a_row_rests_on_is_part_of_the_duty(old, new):
    assert duty("ines", changed(old, new)).digest != duty("ines").digest
    assert duty("dana", changed(old, new)).digest == duty("dana").digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: Marc Oyelaran", "name: Marc O., hours: Mon 09:00-17:00"),
        ("[dana, marc]", "[dana, marc, ines]"),
        ("  marc:  {", "  zoe: {name: Zoe, contact: x://y}\n  marc:  {"),
        ("finance: [ines]", "finance: {people: [ines], decide_within: 9h}"),
        ("card_lost, change_address", "card_lost, change_address, new_thing"),
        ("tag: new situation", "tag: something new"),
        ("to: supervisor}", "to: supervisor, name: unsure}"),
        ("purpose: answers customers", "purpose: answers"),
        ("Dana Reyes", "Dana R. Reyes"),
        ("dana@example.com", "reyes@example.com"),
        ("silent_after: 10m", "silent_after: 5m"),
    ],
)
def test_what_is_not_theirs_does_not_ask_them_again(old, new):
    assert duty("dana", changed(old, new)).digest == duty("dana").digest


def test_the_owner_is_asked_again_when_the_last_resort_changed():
    digests = {duty("priya", text).digest for text in (TABLE, changed("hold", "reject"), changed("silent_after: 10m", "silent_after: 5m"))}  # fmt: skip
    assert len(digests) == 3
    assert duty("priya", changed("[dana, marc]", "[dana]")).digest == duty("priya").digest
