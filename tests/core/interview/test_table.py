"""The table that answers make: it reads, its tests pass, and it stops wherever nobody knew."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handraise.core.gate.compile import compile_table
from handraise.core.interview.chapters import BY_ID, CHAPTERS
from handraise.core.interview.opens import open_texts
from handraise.core.interview.plan import called_of, plan_of
from handraise.core.interview.points import path_of, points_of
from handraise.core.interview.questions import UNKNOWN, Question
from handraise.core.interview.taking import Unusable, open_steps, options, taken
from handraise.core.interview.workbook import (
    Workbook,
    answered,
    steps,
    with_item,
    without_item,
)
from handraise.core.interview.writing import missing_of, table_of
from handraise.core.table.read import read
from handraise.core.trial.trial import run_cases
from handraise.errors import InputError
from handraise.model import Decision
from tests.core.interview.answering import WHOLESALER, table, wholesaler, workbook

OPERATION = {"agent.name": "agent", "people.1.name": "Priya Raman", "silence.owner": "Priya Raman"}
"""The fewest answers that make a table."""


def routes(book: Workbook, **decision: object) -> tuple[str, ...]:
    return compile_table(table(book), rehearsal=True)(Decision(**decision)).routes


def test_a_team_that_thought_of_everything_has_a_table_without_a_warning() -> None:
    text = table_of(wholesaler())
    reading = read(text)
    assert [one.line_text() for one in reading.findings] == []
    assert "OPEN" not in text
    assert "still open" not in text
    assert reading.table is not None
    assert run_cases(reading.table).is_complete


def test_the_answers_come_back_in_the_table() -> None:
    found = table(wholesaler())
    assert (found.agent, found.owner) == ("invoice_assistant", "priya")
    assert found.severities == ("a_nuisance", "costs_money", "costs_a_supplier")
    assert found.known.types == ("credit note", "invoice with order", "invoice without order")
    assert found.people["ana"].zone == "Europe/Lisbon"
    assert found.people["ana"].capacity_day == 10
    assert found.people["jorg"].contacts == ("mailto:joerg@example.com",)
    route = found.routes["accounts_payable"]
    assert (route.people, route.decide_within_s) == (("jorg", "ana"), 14_400)
    assert [row.kind for row in found.rows] == ["below", "when", "severity", "unknown"]
    assert found.facts["amount_eur"].unit == "EUR"
    assert [claim.kind for claim in found.claims] == ["reaches"]


@pytest.mark.parametrize(
    ("called", "agent"),
    [
        ("clinic-agent", "clinic-agent"),
        ("Clinic-Agent v2", "clinic-agent_v2"),
        ("-desk - night-", "desk_night"),
        ("No", "no"),
        ("3-d printer", "agent_3-d_printer"),
    ],
)
def test_the_agent_keeps_the_hyphens_of_its_name(called: str, agent: str) -> None:
    found = table(wholesaler(agent__name=called, actions__2__name="fast-track an invoice"))
    assert found.agent == agent
    assert "fast_track_an_invoice" in found.actions


def test_it_is_said_what_everything_is_called_in_the_table() -> None:
    found = [(one.name, one.id, one.used) for one in called_of(wholesaler())]
    assert found[0] == ("invoice assistant", "invoice_assistant", "the agent")
    assert ("Jörg Weiß", "jorg", "--as jorg") in found
    assert ("accounts payable", "accounts_payable", "role") in found
    assert found[-1] == ("block a supplier", "block_a_supplier", "action")
    assert called_of(Workbook()) == ()


def test_the_reasons_stand_beside_the_rules() -> None:
    text = table_of(wholesaler())
    assert "  # If it goes wrong: the branches run out of milk\n" in text
    assert "# accounts payable must see: the invoice and the order\n" in text
    assert "# For whom: our 40 branches\n" in text
    assert "audit: {one_in: 50, to: owner, twice: 0}   # drawn by lot from" in text


@pytest.mark.parametrize(
    ("proposal", "asked"),
    [
        ({"amount": 1500}, ()),
        ({"amount": 1500.01}, ("accounts_payable",)),
        ({"amount": -1501}, ("accounts_payable",)),
        ({"sum": 1}, ("accounts_payable",)),
        (None, ("accounts_payable",)),
    ],
)
def test_an_amount_is_judged_by_what_would_be_done(
    proposal: dict[str, float] | None, asked: tuple[str, ...]
) -> None:
    kind = "credit note"
    got = routes(
        wholesaler(), type=kind, action="approve_an_invoice", confidence=0.9, proposal=proposal
    )
    assert got == asked


@pytest.mark.parametrize(
    ("path", "opened"),
    [
        ("stops.threshold", "how sure it must be"),
        ("requests.types", "which requests it knows"),
        ("actions.2.money", "what this moves is not known yet"),
    ],
)
def test_what_is_not_known_stops_the_agent(path: str, opened: str) -> None:
    book = answered(wholesaler(), path, UNKNOWN)
    text = table_of(book)
    assert opened in text
    assert "# OPEN: " in text
    got = routes(book, type="credit note", action="send_a_question_back", confidence=1.0)
    assert got


@pytest.mark.parametrize("path", ["actions.1.field", "actions.1.limit", "actions.1.severity"])
def test_an_action_of_which_something_is_not_known_stops(path: str) -> None:
    book = answered(wholesaler(), path, UNKNOWN)
    got = routes(
        book,
        type="credit note",
        action="approve_an_invoice",
        confidence=1.0,
        proposal={"amount": 0.01},
    )
    assert got


def test_without_actions_and_roles_the_last_resort_decides_everything() -> None:
    book = workbook(OPERATION)
    found = table(book)
    assert found.owner == "priya"
    assert found.people["priya"].contacts == ("${PRIYA_CONTACT}",)
    assert run_cases(found).is_complete
    assert routes(book, type="none_named_yet", confidence=1.0, action="pay") == ("owner",)
    text = table_of(book)
    assert "What may it do? Until that is known it does nothing alone." in text
    assert "Who decides? Until roles are named" in text


def test_without_a_last_resort_there_is_no_table() -> None:
    assert "hours:" not in table_of(workbook(OPERATION))
    assert missing_of(Workbook()) == ("what the agent is called", "at least one person")
    with pytest.raises(InputError, match="who the last resort is"):
        table_of(wholesaler(silence__owner=UNKNOWN))


def test_several_limits_are_several_rows_and_claims() -> None:
    book = wholesaler(actions__2__money="yes", actions__2__field="fee", actions__2__limit="0")
    found = table(book)
    assert [row.for_actions for row in found.rows if row.when is not None] == [
        ("approve_an_invoice",),
        ("send_a_question_back",),
    ]
    assert len(found.claims) == 2
    assert run_cases(found).is_complete


def test_amounts_may_have_no_unit() -> None:
    assert "amount" in table(wholesaler(actions__unit=UNKNOWN)).facts


def test_four_eyes_are_two_people_where_there_are_two() -> None:
    both = table(wholesaler(roles__1__needs="2"))
    assert both.routes["accounts_payable"].needs == 2
    alone = table(wholesaler(roles__1__needs="2", roles__1__people="Jörg Weiß"))
    assert alone.routes["accounts_payable"].people == ("jorg", "priya")
    owner = table(wholesaler(roles__1__needs="2", roles__1__people="Priya Raman"))
    assert owner.routes["accounts_payable"].needs == 1


def test_a_deadline_before_the_other_is_moved_behind_it() -> None:
    route = table(wholesaler(roles__1__decide="10m")).routes["accounts_payable"]
    assert route.decide_within_s == route.acknowledge_within_s == 1800


def test_a_role_without_people_is_filled_by_the_last_resort() -> None:
    book = wholesaler(
        roles__1__people=UNKNOWN, roles__1__expected=UNKNOWN, people__2__contact="${ANA_CHAT}"
    )
    found = table(book)
    assert found.routes["accounts_payable"].people == ("priya",)
    assert found.people["ana"].contacts == ("${ANA_CHAT}",)
    assert not {"alone", "owner_too"} & {one.id.split("_acc")[0] for one in points(book)}


def test_a_rule_that_no_action_meets_is_kept_as_a_comment() -> None:
    book = wholesaler(actions__3__severity="a nuisance")
    assert "    # - {severity: costs_a_supplier, to: accounts_payable}\n" in table_of(book)
    assert "severity" not in {row.kind for row in table(book).rows}
    mild = wholesaler(actions__1__money="no", actions__3__severity="a nuisance")
    assert "severity" in {row.kind for row in table(mild).rows}
    assert run_cases(table(mild)).ok


def test_an_item_without_a_name_is_not_in_the_table() -> None:
    assert list(table(with_item(wholesaler(), "people")).people) == ["jorg", "ana", "priya"]


def test_names_repeat_no_number_that_a_team_may_change() -> None:
    book = wholesaler(actions__2__money="yes", actions__2__field="fee", actions__2__limit="0")
    found = table(book)
    names = [one.name for one in (*found.claims, *found.tests)]
    assert len(set(names)) == len(names)
    assert not re.search("[0-9]", " ".join(names))
    assert "approve an invoice: above its limit, accounts_payable decides" in names
    assert "approve an invoice, at its limit, wholly sure: goes ahead" in names
    assert (
        "approve an invoice, above its limit the other way, wholly sure: asks accounts_payable"
        in (names)
    )
    assert "block a supplier, wholly sure: asks accounts_payable" in names


def test_the_kinds_of_request_take_turns_in_the_tests() -> None:
    found = table(wholesaler())
    tried = {one.given["type"] for one in found.tests}
    assert tried == {*found.known.types, "never_seen"}


def test_the_types_of_the_tests_are_their_own() -> None:
    found = table(wholesaler(requests__types="never_seen\nnever_seen_2"))
    assert run_cases(found).is_complete


def test_who_looks_at_a_sample_has_it_put_to_them() -> None:
    audit = table(wholesaler()).audit
    assert audit is not None
    assert (audit.to, set(audit.one_in.values()), audit.twice) == ("owner", {50}, 0.0)


def test_somebody_else_than_the_last_resort_has_a_route_for_it() -> None:
    found = table(wholesaler(silence__checks="Ana Silva", roles__1__name="auditor"))
    assert found.audit is not None
    assert found.routes[found.audit.to].people == ("ana",)
    assert found.audit.to == "auditor_2"
    findings = read(table_of(wholesaler(silence__checks="Ana Silva"))).findings
    assert {one.code for one in findings} <= {"gap", "stated-only"}


def test_a_sample_may_be_of_no_known_size() -> None:
    for unknown in (UNKNOWN, "2000000"):
        book = wholesaler(silence__one_in=unknown)
        assert "Of what it does alone, Priya Raman looks at a sample" in table_of(book)
        assert table(book).audit is None
    assert "Priya Raman looks" not in table_of(wholesaler(silence__checks=UNKNOWN))
    assert table(wholesaler(silence__checks=UNKNOWN)).audit is None
    assert "it is refused" in table_of(wholesaler(silence__unanswered="reject"))


def points(book: Workbook) -> list[object]:
    return list(points_of(plan_of(book), book))


@pytest.mark.parametrize(
    ("changes", "raised"),
    [
        ({}, set()),
        ({"actions__2__undo": "no"}, {"undo_send_a_question_back"}),
        ({"actions__3__severity": "a nuisance"}, {"none_severe"}),
        ({"actions__1__money": "no", "actions__3__severity": "a nuisance"}, {"harmless"}),
        ({"people__1__knows": "no"}, {"knows_jorg"}),
        ({"people__1__time": "no"}, {"time_jorg"}),
        ({"roles__1__people": "Jörg Weiß"}, {"unused_ana", "alone_accounts_payable"}),
        (
            {"roles__1__people": "Jörg Weiß\nPriya Raman"},
            {"unused_ana", "owner_too_accounts_payable"},
        ),
        ({"roles__1__needs": "2"}, {"four_eyes_accounts_payable"}),
        ({"roles__1__expected": "51"}, {"load_accounts_payable"}),
        ({"roles__1__expected": "51", "people__1__capacity": UNKNOWN}, set()),
        ({"people__1__hours": "Mon-Fri 08:00-16:00"}, {"night_accounts_payable"}),
        ({"people__3__hours": "Mon-Fri 08:00-16:00"}, {"owner_hours_priya"}),
        ({"people__3__hours": "Mon-Sun 00:00-24:00"}, set()),
        ({"people__3__hours": "Mon-Thu 00:00-24:00; Fri-Sun 00:00-24:00"}, set()),
        ({"people__3__hours": "Mon-Sun 20:00-08:00, Mon-Sun 08:00-20:00"}, set()),
        ({"stops__new": "the last resort"}, {"owner_first"}),
        ({"stops__money": "the last resort", "actions__1__money": "no"}, set()),
    ],
)
def test_what_does_not_add_up_is_asked(changes: dict[str, str], raised: set[str]) -> None:
    book = wholesaler(**changes)
    assert {one.id for one in points_of(plan_of(book), book)} == raised


def test_a_person_who_comes_first_everywhere_is_counted_together() -> None:
    book = with_item(wholesaler(), "roles")
    for key, text in {"name": "desk", "people": "Jörg Weiß\nAna Silva", "expected": "30"}.items():
        book = answered(book, f"roles.2.{key}", text)
    found = {one.id: one.ask for one in points_of(plan_of(book), book)}
    assert set(found) == {"unused_role_desk", "first_in_all_jorg"}
    assert "accounts payable and desk: 42 a day together" in found["first_in_all_jorg"]


def test_what_is_open_is_listed_in_words() -> None:
    book = wholesaler(silence__owner=UNKNOWN, roles__1__people=UNKNOWN)
    assert open_texts(plan_of(book), book) == [
        "accounts payable: Who fills it, first to last? Until then the last resort is asked.",
        "Who is the last resort?",
        *(one.ask for one in points_of(plan_of(book), book)),
    ]


def test_an_answer_to_a_point_becomes_its_reason() -> None:
    book = wholesaler(roles__1__expected="51")
    (point,) = points_of(plan_of(book), book)
    assert "# OPEN: You expect 51 a day" in table_of(book)
    text = table_of(answered(book, path_of(point), "a second one is trained"))
    assert "OPEN" not in text
    assert "a second one is trained" in " ".join(text.replace("#", "").split())


@pytest.mark.parametrize("path", WHOLESALER)
def test_a_workbook_changed_by_hand_to_nonsense_gives_a_sound_table_or_none(path: str) -> None:
    book = Workbook(said={**wholesaler().said, path: "maybe:\nowner: [x # é"})
    if missing_of(book):
        return
    assert run_cases(table(book)).ok


HOSTILE = st.text(
    st.one_of(
        st.sampled_from("\n\r\t#:,{}[]'\"\\&*!|>%@`-?~ $ä🌻\u2028\x85\u202e\x00\ufeff\ud800"),
        st.characters(),
    ),
    max_size=12,
)
WRITTEN = {
    "contact": st.sampled_from(["a@example.com", "b@example.com", "${CHAT}"]),
    "hours": st.sampled_from(["always", "Mon-Fri 09:00-17:00", "Sat 22:00-06:00"]),
    "zone": st.sampled_from(["UTC", "Europe/Lisbon"]),
    "count": st.integers(1, 999).map(str),
    "amount": st.decimals(0, 10**12, places=2).map(str),
    "share": st.decimals(Decimal("0.01"), 100, places=2).map(lambda share: f"{share}%"),
    "duration": st.sampled_from(["1m", "30m", "4h", "3 days"]),
    "field": st.sampled_from(["amount", "Fee_2"]),
}


def told(draw: st.DrawFn, question: Question, book: Workbook) -> str:
    """Return what somebody might write; now and then they do not know."""
    if draw(st.integers(0, 5)) == 0:
        return UNKNOWN
    if question.kind == "lines":
        return "\n".join(draw(st.lists(HOSTILE, max_size=4)))
    if question.kind in WRITTEN:
        return draw(WRITTEN[question.kind])
    among = options(question, book)
    if question.kind == "persons":
        return "\n".join(draw(st.lists(st.sampled_from(among), max_size=3)) if among else [])
    return draw(st.sampled_from(among) if among else HOSTILE)


@st.composite
def operations(draw: st.DrawFn) -> Workbook:
    """Draw the workbook of a team that answers whatever it likes."""
    book = Workbook()
    for chapter in CHAPTERS:
        for _ in range(draw(st.integers(0, 3)) if chapter.group else 0):
            book = with_item(book, chapter.id)
        asked: set[str] = set()
        while left := [
            one for one in steps(book) if one.chapter == chapter and one.path not in asked
        ]:
            step = left[0]
            asked.add(step.path)
            try:
                text = taken(step.question, told(draw, step.question, book), book, step.path)
            except Unusable:
                text = UNKNOWN
            book = answered(book, step.path, text)
    return book


@given(operations())
@settings(max_examples=25, deadline=None)
def test_whatever_a_team_answers_the_table_reads_and_passes_its_tests(book: Workbook) -> None:
    if missing_of(book):
        with pytest.raises(InputError):
            table_of(book)
        return
    found = table(book)
    trial = run_cases(found)
    assert [one.name for one in trial.failures] == []
    plan = plan_of(book)
    assert [one.name for one in found.people.values()] == book.names("people")
    looking = set() if plan.audit is None else {plan.audit.route} - {"owner"}
    assert set(found.routes) == ({one.id for one in plan.roles} or {"last_in_line"}) | looking
    assert set(found.actions) == {one.id for one in plan.actions}
    shown = table_of(book)
    for action in plan.actions:
        if action.limit is not None:
            assert f"> {action.limit.normalize():f}" in shown
    assert [line for line in shown.splitlines() if "OPEN" in line] or not open_steps(book)


def test_every_question_says_why_it_is_asked() -> None:
    for chapter in CHAPTERS:
        for question in (*chapter.before, *(chapter.group.questions if chapter.group else ())):
            assert question.ask.endswith(("?", "."))
            assert len(question.why) > 20
    assert list(BY_ID) == [chapter.id for chapter in CHAPTERS]


def test_an_item_can_be_taken_out_again() -> None:
    book = without_item(with_item(wholesaler(), "actions"), "actions", 4)
    assert table_of(book) == table_of(wholesaler())
