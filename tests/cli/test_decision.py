"""`try`: a rehearsal of one decision."""

import json
from pathlib import Path

import pytest

from tests.cli.running import Ran, Runner, broken
from tests.core.duty.calendars import calendar, event

SURE = {"type": "refund_request", "confidence": 0.95, "facts": {"revenue_usd": 40}}


def _tried(command: Runner, decision: object, *more: str) -> Ran:
    return command("try", "--decision", json.dumps(decision), *more)


def test_a_sure_small_decision_goes_ahead(command: Runner, mission: Path) -> None:
    ran = _tried(command, SURE)
    assert ran.code == 0
    assert ran.out.startswith("proceed")
    ran = _tried(command, SURE, "--json")
    assert ran.json == {"verdict": "proceed", "routes": [], "tags": [], "reasons": []}


def test_a_stop_says_every_reason_and_where_it_goes(command: Runner, mission: Path) -> None:
    decision = {"type": "court_order", "confidence": 0.5, "facts": {"revenue_usd": -9000}}
    ran = _tried(command, decision)
    assert ran.code == 3
    assert "confidence.1: confidence 0.5 is below 0.72 → support_supervisor" in ran.out
    assert "consequence.1: revenue_usd is -9,000" in ran.out
    assert "[new situation]" in ran.out
    assert "These must all agree:" in ran.out
    assert "finance_lead: Ines Duarte (takes it within 30m, decides within 8h)" in ran.out


def test_the_json_has_exactly_the_promised_form(command: Runner, mission: Path) -> None:
    decision = {"type": "court_order", "confidence": 0.99, "facts": {"revenue_usd": 6200}}
    ran = _tried(command, decision, "--json")
    assert ran.code == 3
    assert ran.json == {
        "verdict": "escalate",
        "routes": ["finance_lead", "support_supervisor"],
        "tags": ["new situation"],
        "reasons": [
            {
                "row": "consequence.1",
                "condition": "consequence",
                "route": "finance_lead",
                "observed": "revenue_usd is 6,200",
                "limit": "revenue_usd is over 5,000 either way",
                "sentence": "revenue_usd is 6,200; the table stops where revenue_usd is over 5,000 either way",
            },
            {
                "row": "novelty.1",
                "condition": "novelty",
                "route": "support_supervisor",
                "observed": ran.json["reasons"][1]["observed"],
                "limit": "3 known types",
                "sentence": ran.json["reasons"][1]["sentence"],
            },
        ],
    }


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "true", '"1"', "7", "null"])
def test_a_confidence_that_is_none_stops(command: Runner, mission: Path, value: str) -> None:
    text = f'{{"type": "refund_request", "confidence": {value}, "facts": {{"revenue_usd": 1}}}}'
    ran = command("try", "-d", text, "--json")
    assert ran.code == 3
    assert ran.json["routes"] == ["support_supervisor"]


def test_a_fact_that_cannot_be_kept_is_a_fault_too(command: Runner, mission: Path) -> None:
    text = '{"type": "refund_request", "confidence": 0.9, "facts": {"revenue_usd": NaN}}'
    ran = command("try", "-d", text)
    assert ran.code == 3
    assert "consequence.1: cannot be judged" in ran.out
    assert "fault: could not be kept exactly" in ran.out
    assert "owner: Priya Raman" in ran.out


def test_a_proposal_that_cannot_be_kept_stops_where_the_gate_keeps_it(
    command: Runner, mission: Path
) -> None:
    loose = {**SURE, "proposal": {"n": float("nan")}}
    assert _tried(command, loose).code == 0
    assert _tried(command, {**loose, "case": "ticket-1"}).code == 3


def test_a_decision_is_read_from_a_file_or_from_stdin(
    command: Runner, program: Runner, mission: Path
) -> None:
    Path("decision.json").write_text(json.dumps(SURE), encoding="utf-8")
    assert command("try", "--decision", "@decision.json").code == 0
    assert program("try", "--decision", "-", stdin=json.dumps(SURE)).code == 0
    assert program("try", "--decision", "-", stdin="").code == 2


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("", "there is no decision to try"),
        ("{", "--decision:1:2: not JSON"),
        ("[]", "a decision is a JSON object"),
        ("3", "a decision is a JSON object"),
        ("[" * 100_000, "not usable JSON"),
        ('{"confidance": 1}', 'a decision has no field "confidance"\ndid you mean "confidence"?'),
        ("@nowhere.json", "nowhere.json: cannot be read (No such file or directory)"),
        ("@binary", "binary: not UTF-8 text"),
    ],
    ids=["none", "cut", "list", "number", "deep", "mistyped", "missing", "binary"],
)
def test_what_is_no_decision_is_wrong_usage(
    command: Runner, mission: Path, written: str, says: str
) -> None:
    Path("binary").write_bytes(b"\xff\xfe\xfa")
    ran = command("try", "--decision", written)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err


def test_a_broken_table_judges_nothing(command: Runner, mission: Path) -> None:
    broken(mission)
    ran = _tried(command, SURE, "--json")
    assert (ran.code, ran.out) == (4, "")
    assert ran.error["code"] == "table"


def test_a_rehearsal_leaves_nothing_behind(command: Runner, mission: Path, folder: Path) -> None:
    _tried(command, SURE)
    _tried(command, {"key": "1", "case": "2"})
    assert [path.name for path in folder.iterdir()] == ["handraise.yaml"]


def test_somebody_off_duty_is_said_to_be(command: Runner, folder: Path, mission: Path) -> None:
    text = mission.read_text(encoding="utf-8")
    # On duty for no minute of this hour, whenever this runs: the hours are those of the other half day.
    hours = '["Mon-Sun 00:00-00:01"]'
    mission.write_text(
        text.replace(
            'contact: "mailto:dana@example.com"',
            f'contact: "mailto:dana@example.com", hours: {hours}, zone: Pacific/Kiritimati',
        ),
        encoding="utf-8",
    )
    ran = _tried(command, {**SURE, "confidence": 0.1})
    assert ran.code == 3
    if "just now" in ran.out:  # all but one minute a day
        assert "just now that is Priya Raman: Dana Reyes is off duty" in ran.out


def test_who_is_on_shift_by_a_calendar_is_asked(
    command: Runner, folder: Path, mission: Path
) -> None:
    days = event(DTSTART="20200101", RRULE="FREQ=DAILY")
    text = mission.read_text(encoding="utf-8")
    dana = 'contact: "mailto:dana@example.com"'
    mission.write_text(text.replace(dana, f"{dana}, hours: {{calendar: oncall.ics}}"), "utf-8")
    (mission.parent / "oncall.ics").write_text(calendar(days), encoding="utf-8")
    assert "just now" not in _tried(command, {**SURE, "confidence": 0.1}).out
    nobody = calendar(days.replace("Dana Reyes", "nobody"))
    (mission.parent / "oncall.ics").write_text(nobody, encoding="utf-8")
    out = _tried(command, {**SURE, "confidence": 0.1}).out
    assert "Dana Reyes is off duty (the shifts of oncall.ics that name them)" in " ".join(
        out.split()
    )


def test_a_route_that_needs_several_says_so(command: Runner, mission: Path) -> None:
    text = mission.read_text(encoding="utf-8")
    two = text.replace("[dana]", "{people: [dana, ines], needs: 2}")
    assert two != text
    mission.write_text(two, encoding="utf-8")
    ran = _tried(command, {**SURE, "confidence": 0.1})
    assert "2 of them must agree" in " ".join(ran.out.split())
