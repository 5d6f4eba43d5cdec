"""`prove`: what it prints of claims that hold, that do not, and that nobody can tell."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from handraise.cli import proved
from handraise.cli.examples import SUPPORT_TABLE
from handraise.cli.witnesses import assumed, try_line, verdict_lines
from handraise.core.gate.compile import compile_table
from handraise.core.proof.result import Result, Witness
from handraise.model import Decision, Reason, Verdict
from handraise.service import extras
from tests.cli.running import Runner
from tests.support.learned import LEARNED
from tests.support.support_table import TABLE, changed, table_of

CLAIMS = """claims:
  - {name: big money meets finance, when: abs(revenue_usd) > 5000, reaches: finance}
  - {name: the unsure never act, when: confidence < 0.7, never: proceed}
"""
FALSE = """  - {name: money meets finance, when: abs(revenue_usd) > 4000, reaches: finance}
  - {name: "the fairly\\u202e sure never act", when: confidence < 0.8, never: proceed}
  - {name: the sure act, when: confidence > 0.9, always: proceed}
  - {name: finance is left alone, when: action == "refund", unreachable: finance}
  - {name: about nothing, when: confidence > 2, never: proceed}
"""
PLACE = Path("handraise.yaml")


def with_claims(claims: str) -> str:
    return changed("several: every\n", f"several: every\n{claims}")


@pytest.fixture
def sound(folder: Path) -> Path:
    """A folder with a table whose claims hold."""
    (folder / "handraise.yaml").write_text(with_claims(CLAIMS), "utf-8")
    return folder


@pytest.fixture
def unsound(folder: Path) -> Path:
    """A folder with a table of which five claims are false."""
    (folder / "handraise.yaml").write_text(with_claims(CLAIMS + FALSE), "utf-8")
    return folder


def test_what_holds_is_said_claim_by_claim_and_of_every_table_together(
    command: Runner, sound: Path
) -> None:
    ran = command("prove")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0].startswith("handraise.yaml: support-agent, version ")
    assert lines[1:3] == ["proved  big money meets finance", "proved  the unsure never act"]
    assert lines[3] == "of every table:"
    assert "proved  5 rows: each of them can fire" in lines
    assert "proved  every stop asks somebody, and everybody has a contact" in lines
    values = [line for line in lines if "missing or unusable goes ahead" in line]
    assert len(values) == 1
    at = lines.index("what is not proved here:")
    assert lines[at - 1].startswith("handraise.yaml: ")
    said = r"handraise.yaml: 2 of the team's own: proved; \d+ that every table must keep: proved"
    assert re.fullmatch(said, lines[at - 1])
    assert any("real numbers" in line for line in lines[at:])


def test_a_false_claim_of_each_kind_is_shown_by_a_decision_that_the_gate_agrees_to(
    command: Runner, unsound: Path
) -> None:
    ran = command("prove")
    assert ran.code == 1
    lines = ran.out.splitlines()
    failed = [line for line in lines if line.startswith("FAIL")]
    assert failed == [
        "FAIL    money meets finance",
        "FAIL    the fairly\ufffd sure never act",
        "FAIL    the sure act",
        "FAIL    finance is left alone",
        "FAIL    about nothing",
    ]
    assert "        the gate: the agent goes ahead" in lines
    assert lines[lines.index(failed[4]) + 1].strip().startswith("handraise.yaml:")
    said = "handraise.yaml: 7 of the team's own: 2 proved, 5 refuted; "
    assert any(line.startswith(said) for line in lines)


def test_each_line_to_try_says_the_same_when_a_shell_runs_it(
    command: Runner, unsound: Path
) -> None:
    found = command("prove", "--json").json
    assert found["ok"] is False
    (table,) = found["tables"]
    shown = [one["counterexample"] for one in table["claims"] if one["counterexample"]]
    assert len(shown) == 4
    for one in shown:
        program, *arguments = shlex.split(one["command"])
        assert program == "handraise"
        tried = command(*arguments, "--json").json
        assert {**one["verdict"]} == tried
    plain = {one["name"]: one for one in table["claims"]}
    assert plain["about nothing"]["state"] == "refuted"
    assert plain["about nothing"]["counterexample"] is None
    assert plain["big money meets finance"]["state"] == "proved"
    assert (table["refuted"], table["open"]) == (5, 0)


def test_several_tables_are_proved_and_one_without_claims_is_told_so(
    command: Runner, sound: Path
) -> None:
    (sound / "other.yaml").write_text(TABLE, "utf-8")
    ran = command("prove", "handraise.yaml", "other.yaml")
    assert ran.code == 0
    assert "  no claim of the team's own; add some under claims:" in ran.out
    assert ran.out.count("what is not proved here:") == 1


def test_wrong_usage_and_broken_tables_end_as_elsewhere(command: Runner, folder: Path) -> None:
    assert command("prove").code == 2
    (folder / "handraise.yaml").write_text(with_claims("claims:\n  - {name: a}\n"), "utf-8")
    assert command("prove").code == 4
    ran = command("prove", "--timeout", "soon")
    assert ran.code == 2
    assert '--timeout: "soon" is not a duration' in ran.err


def test_without_the_extra_it_says_how_to_get_it(
    command: Runner, sound: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "z3", None)
    ran = command("prove")
    assert ran.code == extras_exit_code()
    assert "z3-solver is not installed: a proof needs it" in ran.err
    assert "pip install 'handraise[prove]'" in ran.err


def extras_exit_code() -> int:
    from handraise.errors import EXIT_CODE, SettingsError

    return EXIT_CODE[SettingsError]


def test_the_command_line_begins_without_the_solver() -> None:
    code = "import sys, handraise, handraise.cli.app; assert 'z3' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    assert set(extras.PROVE) == {"z3"}


def text_of(*results: Result, table: Any = None) -> list[str]:
    found = table or table_of(TABLE)
    return [line.text for line in proved.lines_of(PLACE, found, results)]


def result(state: Any = "proved", code: Any = "claim", **more: Any) -> Result:
    return Result(**{"code": code, "name": "a claim", "state": state, "is_grave": True, **more})


def test_what_is_open_fails_and_what_only_makes_a_table_longer_does_not() -> None:
    open_ = result("open", why="not decided in 10 s")
    longer = result("refuted", "shadowed-row", is_grave=False, why="row 1 does", line=7)
    assert text_of(open_)[1:3] == ["open    a claim", "        not decided in 10 s"]
    assert not proved.is_sound([open_])
    lines = text_of(result(), longer)
    assert lines[3:6] == ["look    a claim", "        handraise.yaml:7", "        row 1 does"]
    assert lines[-1] == (
        "handraise.yaml: 1 of the team's own: proved; 1 that every table must keep: 1 to look at"
    )
    assert text_of(open_, result())[-1] == "handraise.yaml: 2 of the team's own: 1 proved, 1 open"
    assert proved.is_sound([result(), longer, replace(longer, state="open")])


def test_where_one_of_a_kind_fails_the_others_are_not_told_as_all() -> None:
    reached = [result(code="reachable-human", name=f"route {n}") for n in range(2)]
    gone = result("refuted", "reachable-human", name="nobody is there")
    lines = text_of(*reached, gone)
    assert "FAIL    nobody is there" in lines
    assert lines[-3:-1] == ["proved  route 0", "proved  route 1"]
    rows = [result(code="dead-row") for _ in range(3)]
    assert "proved  2 rows: each of them can fire" in text_of(*rows[:2], result("open", "dead-row"))


def witness(decision: Decision, **more: Any) -> Witness:
    verdict = compile_table(table_of(TABLE), rehearsal=True)(decision)
    return Witness(decision=decision, verdict=verdict, **more)


def test_a_pair_is_shown_by_both_of_its_decisions() -> None:
    pair = result(
        "refuted",
        "monotone-money",
        witness=witness(Decision(type="card_lost", confidence=0.9)),
        other=witness(Decision(type="card_lost", confidence=0.1)),
    )
    lines = text_of(pair)
    assert sum("--decision" in line for line in lines) == 2
    assert any("because confidence.1 → supervisor" in line for line in lines)


def test_what_was_taken_for_granted_of_learned_files_is_said() -> None:
    usual = table_of(TABLE)
    row = replace(usual.rows[-1], kind="unfamiliar", unfamiliar=0.02)
    asking = replace(usual, rows=(*usual.rows, row), known=replace(usual.known, learned=LEARNED))
    one = witness(Decision(), familiarity=0.0125)
    assert assumed(usual, one) == ""
    assert assumed(asking, one) == (
        "taken for granted: that 1.25% of familiar decisions are at least as unusual; "
        "`try` asks the real files, which may say otherwise"
    )
    assert "cannot tell, or are not asked" in assumed(asking, replace(one, familiarity=None))
    assert text_of(result("refuted", witness=one), table=asking)[-3].strip() == assumed(asking, one)


def test_of_many_reasons_the_rest_is_counted() -> None:
    reason = Reason(
        row="r", condition="fault", route="owner", observed="", limit="", sentence="a\nb"
    )
    verdict = Verdict(Decision(), reasons=(reason,) * 11, routes=("owner",))
    lines = list(verdict_lines(verdict))
    assert lines[0] == "the gate: the agent stops and asks owner"
    assert lines[1] == "  because r → owner: a\ufffdb"
    assert lines[-1] == "  and 3 more"


ODD = 'it\'s "q" $HOME `id` \\ \n\t\x1b[31m \u202e é 😀 \ud800 !! #'


def read_back(line: str) -> Any:
    *command, decision = shlex.split(line)
    assert command == ["handraise", "try", "a b.yaml", "--decision"]
    return json.loads(decision)


@given(st.recursive(st.text() | st.integers() | st.floats(allow_nan=False) | st.none(),
                    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
                    max_leaves=5))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_any_decision_is_read_back_from_its_line(value: Any) -> None:
    line = try_line(Path("a b.yaml"), Decision(type="refund", facts={"x": value}, proposal={}))
    assert line.isprintable()
    assert read_back(line) == {"type": "refund", "facts": {"x": value}, "proposal": {}}


def test_a_real_shell_gives_an_odd_decision_to_the_program_as_it_is() -> None:
    line = try_line(Path("a b.yaml"), Decision(type=ODD))
    echo = f'"{sys.executable}" -c "import sys; print(sys.argv[-1])"'
    script = line.replace("handraise try", echo, 1)
    done = subprocess.run(
        ["sh", "-c", script], capture_output=True, encoding="utf-8", timeout=60, check=True
    )
    assert json.loads(done.stdout) == {"type": ODD}


DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(
    ("page", "states"),
    [
        ("how-to/prove-a-claim.md", ["proved", "proved", "refuted", "proved"]),
        ("reference/table.md", ["proved"] * 4),
    ],
)
def test_the_claims_in_the_documents_come_to_what_is_said_there(
    command: Runner, folder: Path, page: str, states: list[str]
) -> None:
    (block,) = re.findall(r"```yaml\n(claims:\n.*?)```", (DOCS / page).read_text("utf-8"), re.S)
    table = re.sub(r"claims:.*?\n\n", block + "\n", SUPPORT_TABLE, count=1, flags=re.S)
    (folder / "handraise.yaml").write_text(table, "utf-8")
    (found,) = command("prove", "--json").json["tables"]
    assert [one["state"] for one in found["claims"] if one["code"] == "claim"] == states
