"""`diff` as a review: what is proved, who accepts again, what is left to do, in words and Markdown."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from msgspec.structs import replace

from handraise.cli.review_markdown import markdown_of
from handraise.cli.reviewed import headline, json_of_review, lines_of_review, steps
from handraise.core.proof.kept import Kept
from handraise.core.proof.result import Result, Witness
from handraise.core.proof.strictness import Fewer, Strictness
from handraise.model import Decision, Verdict
from handraise.service.backtesting.review import Review, review
from tests.cli.running import Runner
from tests.support import two_tables
from tests.support.signed import sign
from tests.support.support_table import TABLE, changed, table_of
from tests.support.verified import verify_everybody

OLD, NEW = "old.yaml", "new.yaml"
LOOSER = ("below: 0.72", "below: 0.6")
STRICTER = ("below: 0.72", "below: 0.8")


def with_changes(*pairs: tuple[str, str], text: str = TABLE) -> str:
    for old, new in pairs:
        text = changed(old, new, text)
    return text


@pytest.fixture
def tables(folder: Path) -> Path:
    """An old table and a looser one."""
    (folder / OLD).write_text(TABLE, "utf-8")
    (folder / NEW).write_text(with_changes(LOOSER), "utf-8")
    return folder


def test_a_looser_table_is_shown_by_a_decision_that_both_gates_were_asked(
    command: Runner, tables: Path
) -> None:
    ran = command("diff", OLD, NEW)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    at = lines.index("a decision goes ahead now that stopped before")
    assert lines[at + 1] == "  a decision that goes ahead now and stopped before:"
    tried = lines[at + 2].strip()
    assert tried.startswith("handraise try new.yaml --decision '{")
    assert lines[at + 3 : at + 5] == [
        "    now: the agent goes ahead",
        "    before: the agent stops and asks supervisor",
    ]
    *_, decision = shlex.split(tried)
    assert command("try", NEW, "--decision", decision).code == 0
    assert command("try", OLD, "--decision", decision).code == 3


def test_the_exit_code_tells_looser_from_as_strict(command: Runner, tables: Path) -> None:
    assert command("diff", OLD, NEW, "--exit-code").code == 1
    assert command("diff", NEW, OLD, "--exit-code").code == 0
    assert command("diff", OLD, OLD, "--exit-code").code == 0


def test_versions_of_which_nothing_is_told_are_a_difference(
    command: Runner, tables: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handraise.service.backtesting.changes._parts", lambda *_: ())
    told = "they differ in something that is not told here: look at the texts"
    ran = command("diff", NEW, OLD, "--exit-code")
    assert (ran.code, ran.out.splitlines()[1]) == (1, f"  {told}")
    assert "mean the same" not in ran.out
    assert command("diff", NEW, OLD).code == 0
    assert command("diff", NEW, OLD, "--json").json["changes"][0]["sentence"] == told
    assert told in command("diff", NEW, OLD, "--format", "markdown").out
    assert command("diff", OLD, OLD, "--exit-code").code == 0


def test_json_has_the_proof_the_people_and_the_steps(command: Runner, tables: Path) -> None:
    found = command("diff", OLD, NEW, "--json").json
    assert found["is_as_strict"] is False
    proof = found["proof"]
    assert proof["state"] == "refuted"
    assert proof["goes_now"]["verdict"]["verdict"] == "proceed"
    assert proof["before"]["routes"] == ["supervisor"]
    assert found["renewal"]["again"] == ["dana", "marc"]
    assert found["renewal"]["stays"] == ["ines", "priya"]
    assert found["changes"][0]["what"] == "row confidence.1"
    assert found["words"] == [one["sentence"] for one in found["changes"]]
    assert found["steps"][-1].startswith("Priya Raman (priya) must sign")
    back = command("diff", NEW, OLD, "--json").json
    assert (back["is_as_strict"], back["proof"]["goes_now"]) == (True, None)
    assert back["proof"]["stops_now"]["verdict"]["verdict"] == "escalate"
    same = command("diff", OLD, OLD, "--json").json
    assert (same["is_as_strict"], same["proof"], same["steps"]) == (True, None, [])


def test_markdown_has_the_headline_a_table_of_changes_and_boxes_to_tick(
    command: Runner, tables: Path
) -> None:
    ran = command("diff", OLD, NEW, "--format", "markdown")
    assert ran.code == 0
    blocks = ran.out.strip().split("\n\n")
    assert blocks[0] == "## Routing table of support-agent"
    assert blocks[1] == "⚠️ **A decision goes ahead now that stopped before.**"
    assert blocks[4].startswith("```sh\nhandraise try new.yaml --decision '{")
    assert "\n# before: the agent stops and asks supervisor\n" in blocks[4]
    assert (
        "| row confidence.1 | its confidence is below 0.72 | its confidence is below 0.6 |"
        in ran.out
    )
    assert "- Dana Reyes (dana), Marc Oyelaran (marc): must accept again" in ran.out
    assert "- [ ] Its 1 test must pass: `handraise test new.yaml`" in ran.out
    assert ran.out.rstrip().endswith("`handraise ready new.yaml --as priya`")


def test_without_the_solver_the_proof_is_left_out_and_an_exit_code_refused(
    command: Runner, tables: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "z3", None)
    ran = command("diff", OLD, NEW)
    assert ran.code == 0
    assert (
        "whether it is at least as strict was not proved: z3-solver is not installed: "
        "a proof needs it: pip install 'handraise[prove]'"
    ) in ran.out.splitlines()
    refused = command("diff", OLD, NEW, "--exit-code")
    assert refused.code == 2
    assert refused.out == ""


def test_a_copy_elsewhere_is_read_with_the_files_of_the_other(
    command: Runner, folder: Path
) -> None:
    calendar = "{calendar: oncall.ics, events: all}"
    text = with_changes(('hours: "Mon-Fri 09:00-17:00"', f"hours: {calendar}"))
    (folder / "oncall.ics").write_text(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\n"
        "DTSTART:20260101T000000Z\r\nDTEND:20260101T090000Z\r\nRRULE:FREQ=DAILY\r\n"
        "SUMMARY:on call\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        "utf-8",
    )
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    (folder / NEW).write_text(with_changes(LOOSER, text=text), "utf-8")
    (elsewhere / OLD).write_text(text, "utf-8")
    named = ("diff", f"elsewhere/{OLD}", NEW, "--no-proof")
    ran = command(*named)
    assert ran.code == 2
    assert 'there is no calendar "oncall.ics" in elsewhere' in ran.err
    assert "--beside FOLDER says where the files lie" in ran.err
    assert command(*named, "--beside", ".").code == 0
    (elsewhere / OLD).write_text(text.replace("owner: priya", "owner: pria"), "utf-8")
    assert command(*named).code == 4


def test_what_is_in_force_stands_in_place_of_the_older_table(command: Runner, tables: Path) -> None:
    signed_in_the_store_of(tables / OLD)
    ran = command("diff", "--signed", NEW)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0].startswith("the version signed by priya on 20")
    assert lines[0].endswith(f"-> new.yaml (version {table_of(with_changes(LOOSER)).version})")
    assert "a decision goes ahead now that stopped before" in lines
    assert command("diff", "--signed", OLD, "--exit-code").out.splitlines()[-1] == (
        "both mean the same"
    )
    assert command("diff", "--signed", NEW, "--exit-code").code == 1


def test_what_must_be_drilled_is_what_the_checklist_says(command: Runner, tables: Path) -> None:
    signed_in_the_store_of(tables / OLD, drilled="finance")
    text = (tables / OLD).read_text("utf-8")
    told = "must pass a drill, for nobody who is on it now has answered one within 30 days"
    for people, is_red in (("[ines, marc]", False), ("[marc]", True)):
        (tables / NEW).write_text(changed("finance: [ines]", f"finance: {people}", text), "utf-8")
        lines = command("diff", "--signed", NEW, "--no-proof").out.splitlines()
        routes = {line.split()[0] for line in lines if told in line}
        checked = json.loads(command("ready", NEW, "--json").out)["checklist"]
        (line,) = [one for one in checked if one["code"] == "drilled"]
        named = line["evidence"].removesuffix(" have passed none").split(", ")
        assert routes == set(named)
        assert ("finance" in routes) == is_red


def test_what_is_in_force_is_compared_on_the_past_too(command: Runner, folder: Path) -> None:
    given = "{type: card, confidence: 0.9, facts: {revenue: 1}}"
    text = f"{two_tables.TABLE}tests: [{{name: t, given: {given}, expect: proceed}}]\n"
    (folder / OLD).write_text(text, "utf-8")
    (folder / NEW).write_text(changed("below: 0.7", "below: 0.6", text), "utf-8")
    (folder / "past.csv").write_text("type,confidence,revenue\ncard,0.65,1\n", "utf-8")
    signed_in_the_store_of(folder / OLD)
    named = ("diff", "--signed", NEW, "--data", "past.csv")
    lines = command(*named).out.splitlines()
    assert any(line.startswith("stopped before, goes ahead now: 1 (100.0%") for line in lines)
    text = command(*named, "--format", "markdown", "--no-proof").out
    assert "### On the past\n\n```text\n1 decision of agent\n" in text
    assert command(*named, "--exit-code", "--no-proof").code == 1


def signed_in_the_store_of(path: Path, drilled: str = "") -> None:
    """Sign the table in a file, in the store beside it; let a route pass a drill before."""
    from handraise.cli.options import settings_at
    from handraise.service.wiring import assemble

    operation = assemble([path], settings_at(None, path), delivers=False)
    try:
        sign(operation, path)
        if drilled:
            verify_everybody(operation)
            id = operation.drills.start("support-agent", drilled, "priya").escalation_id
            found = operation.store.escalation(id)
            assert found is not None
            ask = found.asks[0]
            digest = found.proposal_digest
            operation.desk.answer(ask.id, ask.holder, kind="reject", reason="x", digest=digest)
            operation.drills.settle()
    finally:
        operation.close()


def of(*pairs: tuple[str, str], proof: Strictness | None = None, why: str = "") -> Review:
    """Return the review of the usual table with these changes, with a proof as given."""
    newer = table_of(with_changes(*pairs))
    found = review(table_of(TABLE), newer, (OLD, NEW), proves=False)
    return replace(found, proof=proof, no_proof=why)


def texts(found: Review, *pairs: tuple[str, str]) -> list[str]:
    newer = table_of(with_changes(*pairs))
    return [line.text for line in lines_of_review(Path(NEW), newer, found)]


@pytest.mark.parametrize(
    ("proof", "said", "strict"),
    [
        (Strictness(state="proved"), "it is at least as strict, nothing goes ahead that stopped before: proved", True),
        (Strictness(state="proved", is_same=True), "it stops the same decisions and asks the same routes: proved", True),
        (Strictness(state="refuted"), "a decision goes ahead now that stopped before", False),
        (Strictness(state="open", why="not decided in 10 s"), "whether it is at least as strict could not be proved: not decided in 10 s", False),
        (None, "whether it is at least as strict was not proved: no z3", False),
    ],
)  # fmt: skip
def test_the_headline_says_what_is_proved_and_doubt_is_not_strict(
    proof: Strictness | None, said: str, strict: bool
) -> None:
    found = of(STRICTER, proof=proof, why="" if proof else "no z3")
    assert headline(found) == said
    assert found.is_as_strict is strict


def test_a_route_that_is_asked_no_more_and_what_is_taken_for_granted_are_said() -> None:
    witness = Witness(decision=Decision(type="card_lost"), verdict=Verdict(Decision()))
    asked = Verdict(Decision())
    proof = Strictness(
        state="proved",
        stops_now=witness,
        fewer=(Fewer(route="finance", now=witness, before=asked),),
        notes=("a note",),
    )
    lines = texts(of(STRICTER, proof=proof), STRICTER)
    assert "  a decision that stops now and went ahead before:" in lines
    assert "  a decision about which finance was asked before, and is no more:" in lines
    assert lines.count("    before: the agent goes ahead") == 2
    assert "  a note" in lines
    found = json_of_review(Path(NEW), table_of(with_changes(STRICTER)), of(STRICTER, proof=proof))
    assert found["proof"]["fewer"][0]["route"] == "finance"
    assert found["proof"]["fewer"][0]["before"]["verdict"] == "proceed"
    assert found["notes"] == ("a note",)


def test_everybody_concerned_is_named_and_every_step_told() -> None:
    pairs = (
        ("  ines:", "  nora: {name: Nora, contact: x://y}\n  ines:"),
        ("finance: [ines]", "finance: [nora]"),
        ("owner: priya", "owner: marc"),
        ("several: every\n", "several: every\nclaims:\n  - {name: a, never: proceed}\n"),
    )
    lines = texts(of(*pairs, proof=Strictness(state="proved")), *pairs)
    assert "must accept again: Marc Oyelaran (marc)" in lines
    assert "must accept for the first time: Nora (nora)" in lines
    assert "has no duty any more: Ines Duarte (ines), Priya Raman (priya)" in lines
    assert "need not: what they accepted still holds: Dana Reyes (dana)" in lines
    assert lines[lines.index("until it is live:") + 1 :] == [
        "  its 1 test must pass: `handraise test new.yaml`",
        "  its 1 claim must be proved: `handraise prove new.yaml`",
        "  a new contact must be verified: Nora (nora)",
        "  a duty must be accepted: Marc Oyelaran (marc), Nora (nora)",
        "  finance must pass a drill, for it is new, or all its people are: "
        "`handraise drill finance --table new.yaml`",
        "  owner must pass a drill, for the owner is another one: "
        "`handraise drill owner --table new.yaml`",
        "  Priya Raman (priya) must sign: `handraise ready new.yaml --as priya`",
    ]


def markdown(found: Review, newer: Any, past: tuple[str, ...] = ()) -> str:
    return "\n\n".join(markdown_of(Path(NEW), newer, found, past))


def test_what_a_table_says_can_neither_be_markup_nor_call_anybody() -> None:
    purpose = "![x](javascript:1) <script> @everyone | `rm` ## head"
    pairs = (("purpose: answers customers", f"purpose: '{purpose}'"),)
    text = markdown(of(*pairs), table_of(with_changes(*pairs)))
    (row,) = [line for line in text.splitlines() if line.startswith("| purpose")]
    for markup in ("![x]", "<script>", "@everyone", " | `rm`"):
        assert markup not in row
    assert "@<!-- -->everyone" in row
    assert row.count(" | ") == 2
    assert "⚠️" not in text


def test_where_the_owner_changes_the_present_one_signs() -> None:
    found = of(("owner: priya", "owner: dana"))
    assert (
        str([*steps(found)][-1])
        == "Priya Raman (priya) must sign: `handraise ready new.yaml --as priya`"
    )


@pytest.mark.parametrize("ticks", ["`", "``", "```", "````"])
def test_backticks_in_a_name_open_no_way_out_of_the_words(ticks: str) -> None:
    name = f"'{ticks}@acme/admins [click](https://evil.example.com) <img src=x>`'"
    pairs = (("Priya Raman", name), STRICTER)
    text = markdown(of(*pairs), table_of(with_changes(*pairs)))
    html = MarkdownIt("commonmark").render(text)
    assert "must sign" in html
    assert "<img" not in html
    assert "<a " not in html
    assert "@acme" not in re.sub(r"<code>.*?</code>", "", html, flags=re.DOTALL)


def test_backticks_in_a_files_name_stay_in_its_command() -> None:
    found = of(STRICTER)
    odd = replace(found, newer=replace(found.newer, table="a`b``c.yaml"))
    html = MarkdownIt("commonmark").render(markdown(odd, table_of(with_changes(STRICTER))))
    assert "<code>handraise ready 'a`b``c.yaml' --as " in html


def test_no_line_of_the_past_closes_its_fence() -> None:
    newer = table_of(with_changes(STRICTER))
    text = markdown(of(STRICTER), newer, ("a", "```", "````b"))
    assert text.endswith("### On the past\n\n`````text\na\n```\n````b\n`````")


def test_where_both_mean_the_same_nothing_is_asked_of_anybody() -> None:
    found = of()
    assert texts(found) == ["both mean the same"]
    text = markdown(found, table_of(TABLE))
    assert "**Both mean the same.**" in text
    assert "Who must accept" not in text
    assert "What changes" not in text


def test_two_texts_are_enough_where_what_was_learned_is_not_there(
    command: Runner, folder: Path
) -> None:
    text = changed("[refund_request, card_lost, change_address]", "known/")
    (folder / OLD).write_text(text, "utf-8")
    (folder / NEW).write_text(with_changes(LOOSER, text=text), "utf-8")
    ran = command("diff", OLD, NEW)
    assert ran.code == 2
    assert "where they are not at hand: --texts-only" in ran.err
    ran = command("diff", OLD, NEW, "--texts-only", "--exit-code")
    assert (ran.code, ran.err) == (1, "")
    lines = ran.out.splitlines()
    assert lines[0] == "old.yaml (its text) -> new.yaml (its text)"
    assert "  what was learned is taken to be the same in both, and to say anything" in lines
    assert command("diff", NEW, OLD, "--texts-only", "--exit-code").code == 0
    found = command("diff", OLD, NEW, "--texts-only", "--json", "--no-proof").json
    assert (found["older"]["version"], len(found["notes"])) == ("", 2)
    text = command("diff", OLD, NEW, "--texts-only", "--format", "markdown", "--no-proof").out
    assert "\n\nold.yaml (its text) → new.yaml (its text)\n\n" in text
    assert "\n\n- Read by their text alone: " in text
    refused = command("diff", OLD, NEW, "--texts-only", "--beside", ".")
    assert "--texts-only: belongs to two texts alone" in refused.err


MONEY = "abs(revenue_usd) > 5000"
CLAIMS = f"""several: every
claims:
  - {{name: big money meets finance, when: {MONEY}, reaches: finance}}
  - {{name: the unsure never act, when: confidence < 0.7, never: proceed}}
"""
CLAIMED = with_changes(("several: every\n", CLAIMS))
RAISED = CLAIMED.replace("{when: abs(revenue_usd) > 5000", "{when: abs(revenue_usd) > 9000")
BESIDE = """tests:
  - name: six thousand
    given: {type: refund_request, action: refund, confidence: 0.9, proposal: {refund: 6000}, facts: {reason: fraud}}
    expect: {escalate: [finance]}
"""


@pytest.fixture
def raised(folder: Path) -> Path:
    """A table with claims and a test beside it, and one whose limit was raised alone."""
    (folder / OLD).write_text(CLAIMED, "utf-8")
    (folder / NEW).write_text(RAISED, "utf-8")
    (folder / "new.tests.yaml").write_text(BESIDE, "utf-8")
    return folder


def test_a_limit_that_was_raised_alone_is_told_by_its_claim_and_its_tests_before_all_else(
    command: Runner, raised: Path
) -> None:
    ran = command("diff", OLD, NEW)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    at = lines.index("1 claim of the new table does not hold: big money meets finance")
    assert lines[at + 1] == "1 of its tests fails: six thousand"
    held = "  big money meets finance held before, and does not any more: a decision goes ahead"
    assert lines[at + 2] == held
    *_, decision = shlex.split(lines[at + 3])
    assert command("try", NEW, "--decision", decision).code == 0
    assert command("try", OLD, "--decision", decision).code == 3
    assert at < lines.index("a decision goes ahead now that stopped before")
    assert "  its 2 tests must pass: `handraise test new.yaml`" in lines


def test_what_is_broken_is_told_in_markdown_and_to_programs(command: Runner, raised: Path) -> None:
    blocks = command("diff", OLD, NEW, "--format", "markdown").out.strip().split("\n\n")
    assert blocks[1:3] == [
        "⚠️ **1 claim of the new table does not hold: big money meets finance.**",
        "⚠️ **1 of its tests fails: six thousand.**",
    ]
    found = command("diff", OLD, NEW, "--json").json["broken"]
    assert [one["name"] for one in found["claims"]["broken"]] == ["big money meets finance"]
    (lost,) = found["claims"]["lost"]
    assert (lost["state"], lost["is_dropped"]) == ("refuted", False)
    assert lost["counterexample"]["verdict"]["verdict"] == "proceed"
    assert found["failed_tests"] == ["six thousand"]


def test_a_claim_that_the_new_table_dropped_is_told_if_it_holds_no_more(
    command: Runner, raised: Path
) -> None:
    (raised / NEW).write_text(RAISED.replace(f"when: {MONEY}", "when: revenue_usd > 9000"), "utf-8")
    lines = command("diff", OLD, NEW).out.splitlines()
    assert "1 claim of the old table is lost: big money meets finance" in lines
    assert not any("of the new table" in line for line in lines)


def test_what_is_broken_ends_with_1_even_where_nothing_goes_ahead_that_stopped(
    command: Runner, raised: Path
) -> None:
    (raised / NEW).write_text(CLAIMED.replace("below: 0.72", "below: 0.8"), "utf-8")
    assert command("diff", OLD, NEW, "--exit-code").code == 0
    failing = BESIDE.replace("{escalate: [finance]}", "proceed")
    (raised / "new.tests.yaml").write_text(failing, "utf-8")
    assert command("diff", OLD, NEW, "--exit-code").code == 1
    (raised / "new.tests.yaml").write_text("tests: [{name: a}]\n", "utf-8")
    assert command("diff", OLD, NEW).code == 4


def test_without_a_proof_the_tests_alone_are_told(command: Runner, raised: Path) -> None:
    lines = command("diff", OLD, NEW, "--no-proof").out.splitlines()
    assert "1 of its tests fails: six thousand" in lines
    assert not any("of the new table" in line for line in lines)
    found = command("diff", OLD, NEW, "--no-proof", "--json").json["broken"]
    assert (found["claims"], found["failed_tests"]) == (None, ["six thousand"])


def test_many_claims_and_tests_are_counted_and_the_unknown_told_as_such() -> None:
    names = tuple(f"test {n}" for n in range(7))
    late = Result(code="claim", name="a", state="open", is_grave=True, why="not decided in time")
    gone = replace(late, name="b", state="refuted", why="a decision goes ahead")
    lost = (replace(gone, name="c"), replace(late, name="d"))
    both = Kept(broken=(late, gone), lost=lost, dropped=frozenset({"c", "d"}))
    lines = texts(replace(of(STRICTER), kept=both, failed=names), STRICTER)
    assert lines[:7] == [
        "2 claims of the new table are not proved: a; b",
        "7 of its tests fail: test 0; test 1; test 2; test 3; test 4; and 2 more",
        "2 claims of the old table are lost: c; d",
        "  c held before, and does not any more: a decision goes ahead",
        "  d held before, and nobody knows whether it does now: not decided in time",
        "  a is not known to hold: not decided in time",
        "  b does not hold: a decision goes ahead",
    ]
    one = Kept(broken=(late,))
    assert texts(replace(of(STRICTER), kept=one), STRICTER)[0] == (
        "1 claim of the new table is not proved: a"
    )
