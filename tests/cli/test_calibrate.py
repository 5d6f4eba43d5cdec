"""`calibrate`: what it prints, what it refuses, and what the gate does with what it wrote."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from handraise.cli.calibrated import lines_of
from handraise.core.table.read import read
from handraise.service.calibrating.calibrate import calibrate
from handraise.service.calibrating.plan import Columns, Plan
from tests.cli.running import Ran, Runner
from tests.support.labelled_decisions import decisions_file

KNOWN = ("refund_request", "card_not_arrived", "change_address")
USUAL = ("--confidence", "score", "--correct", "right", "--id", "id")


@pytest.fixture
def past(folder: Path) -> Path:
    """Labelled decisions of three types."""
    return decisions_file(folder / "past.csv", types=KNOWN)


def calibrated(command: Runner, *more: str, max_error: str = "5%") -> Ran:
    return command("calibrate", "past.csv", *USUAL, "--max-error", max_error, *more)


def test_the_promise_is_said_first_in_one_plain_sentence(
    command: Runner, mission: Path, past: Path
) -> None:
    text = mission.read_text("utf-8")
    ran = calibrated(command)
    assert (ran.code, ran.err) == (0, "")  # a pipe gets no progress bar
    lines = ran.out.splitlines()
    assert lines[0].startswith("promise: of decisions stated at 0.")
    assert " or above, at most 5 % are wrong; 95 % sure. " in lines[0]
    assert " of 3,000 labels (" in lines[0]
    for begin in (
        "naive: at 0.",
        "oracle: a perfect score",
        "ranking: AURC 0.",
        "honesty: ",
        "map: beta, off by ",
    ):
        assert any(line.startswith(begin) for line in lines), begin
    assert "* the safe one" in lines
    assert 6 <= sum(" %)" in line and line[0].isdigit() for line in lines) <= 8
    assert any(line.startswith("what voids the promise: ") for line in lines)
    assert lines[-2] == "calibration.json: written"
    assert lines[-1] == "handraise.yaml: not changed; --write puts the threshold into it"
    assert mission.read_text("utf-8") == text


def test_everything_is_there_as_json(command: Runner, mission: Path, past: Path) -> None:
    found = calibrated(command, "--json", "--stake", "money", "--by", "type", "--type", "kind").json
    assert found["safe"]["threshold"] > 0
    assert found["by_type"].keys() == set(KNOWN)
    assert found["columns"]["stake"] == "money"
    assert found["costs"][-1]["stake_caught"] > 0
    assert len(found["curve"]) <= 500
    assert found["reliability"]["bins"][0].keys() >= {"band_low", "band_high", "right"}
    assert found["reliability_mapped"]["ece"] < found["reliability"]["ece"]


def test_what_was_written_is_what_the_gate_reads(
    command: Runner, mission: Path, past: Path
) -> None:
    before = read(mission.read_text("utf-8")).table
    ran = calibrated(command, "--map", "auto", "--write")
    assert ran.code == 0
    lines = ran.out.splitlines()
    (said,) = [line for line in lines if line.startswith("the version of the table is now ")]
    version = said.removeprefix("the version of the table is now ")[:16]
    assert said.endswith(
        ": a gate that opens it lets nothing go ahead until Priya Raman has signed it with "
        "`handraise ready`"
    )
    assert lines[-1] == "tests of the table that fail now: an unsure agent asks its supervisor"
    assert "handraise.yaml: now says  confidence: calibrated" in lines
    assert before is not None
    assert version != before.version
    ran = command("check")
    assert ran.code == 0
    assert version in ran.out
    decision = {"type": "refund_request", "confidence": 0.1, "facts": {"revenue_usd": 40}}
    ran = command("try", "--decision", json.dumps(decision), "--json")
    assert ran.code == 3
    (reason,) = ran.json["reasons"]
    assert "(the agent stated 0.1) is below 0." in reason["sentence"]
    assert command("try", "--decision", json.dumps(decision | {"confidence": 0.99})).code == 0
    assert "Confidence is calibrated (beta, from 3,000 labels)." in command("table").out
    Path("calibration.json").unlink()
    ran = command("try", "--decision", json.dumps(decision | {"confidence": 0.99}))
    assert ran.code == 4
    assert "there is no such calibration" in ran.out + ran.err


def test_where_none_is_safe_that_is_said_and_writing_fails(
    command: Runner, mission: Path, past: Path
) -> None:
    text = mission.read_text("utf-8")
    ran = calibrated(command, max_error="0.1%")
    assert ran.code == 0
    assert ran.out.startswith(
        "no threshold is safe: nothing keeps 0.1 % wrong at most, 95 % sure: "
    )
    ran = calibrated(command, "--write", max_error="0.1%")
    assert ran.code == 1
    assert "handraise.yaml: stays as it is, since no threshold is safe" in ran.out
    assert calibrated(command, "--write", "--json", max_error="0.1%").code == 1
    assert mission.read_text("utf-8") == text


def test_too_few_labels_say_how_many_would_do(command: Runner, mission: Path, folder: Path) -> None:
    decisions_file(folder / "past.csv", 180, worst=0, types=KNOWN)
    ran = calibrated(command, max_error="1%")
    assert ran.code == 0
    assert "180 labels" in ran.out.splitlines()[0]
    assert "299" in ran.out.splitlines()[0]


def test_types_without_a_threshold_escalate_everything(
    command: Runner, mission: Path, folder: Path
) -> None:
    decisions_file(folder / "past.csv", 3_000, types=(*KNOWN[:1] * 24, KNOWN[1]))
    ran = calibrated(command, "--by", "type", "--type", "kind", "--write", "--map", "platt")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[0].startswith(
        "promise: of decisions stated at its threshold or above, at most 5 % are wrong for each type that has one (1 of 2); "
    )
    assert lines[1] == "1 of 2 types have no safe threshold: they escalate everything"
    (line,) = [line for line in lines if line.startswith("card_not_arrived")]
    assert "escalates everything" in line
    assert "labels" in line or "no number of labels would do" in line
    assert "no label at all: change_address; such decisions escalate" in lines
    assert "each type alone is 97.5 % sure, so that all together are 95 %" in ran.out
    table = mission.read_text("utf-8")
    assert "{below: {refund_request: 0." in table
    assert "else:" not in table


def test_by_type_no_threshold_of_all_types_is_called_safe(
    command: Runner, mission: Path, past: Path
) -> None:
    kinds = ("--type", "kind")
    assert "* the safe one" in calibrated(command, *kinds).out
    assert "* the safe one" not in calibrated(command, *kinds, "--by", "type").out


def test_types_that_are_too_sure_are_named(command: Runner, mission: Path, folder: Path) -> None:
    lines = ["id,kind,score,right"]
    lines += [f"{n},refund_request,0.9,{'no' if n % 3 else 'yes'}" for n in range(300)]
    lines += [f"{n},change_address,0.9,{'yes' if n % 10 else 'no'}" for n in range(300, 600)]
    (folder / "past.csv").write_text("\n".join(lines))
    named = (
        "by type: too sure by more than chance explains: refund_request (states 0.900, right 0.333)"
    )
    assert named in calibrated(command, "--type", "kind").out.splitlines()
    assert "by type: " not in calibrated(command).out
    out = calibrated(command, "--type", "kind", "--by", "type").out
    assert named in out.splitlines()
    (line,) = [line for line in out.splitlines() if line.startswith("refund_request")]
    assert line.split()[1:3] == ["300", "+0.567"]
    only = [lines[0], *lines[301:]]
    (folder / "past.csv").write_text("\n".join(only))
    out = calibrated(command, "--type", "kind").out
    assert "by type: no type is too sure by more than chance explains" in out.splitlines()


@pytest.mark.parametrize(("more", "said"), [
    (None, "more labels will hardly help; --by type --type kind tells whether some types are safe"),
    (180 * 101, "more labels will hardly help; "),
    (300, "label about 120 more, a fair sample; or --by type --type kind tells"),
])  # fmt: skip
def test_where_none_is_safe_what_to_do_next_is_said(
    command: Runner, mission: Path, past: Path, more: int | None, said: str
) -> None:
    plan = Plan(
        table=mission,
        paths=(past,),
        columns=Columns(confidence="score", correct="right", type="kind"),
        max_error=0.001,
    )
    report = calibrate(plan)
    safe = msgspec.structs.replace(report.safe, more_labels=more, labels=180)
    first, second, *_ = lines_of(msgspec.structs.replace(report, safe=safe))
    assert second.text.startswith(f"next: {said}")
    assert ("far more labels than there are would" in first.text) == (more == 180 * 101)


def test_no_type_at_all_may_have_one(command: Runner, mission: Path, folder: Path) -> None:
    decisions_file(folder / "past.csv", 60, types=KNOWN)
    ran = calibrated(command, "--by", "type", "--type", "kind", "--write")
    assert ran.code == 1
    assert ran.out.startswith("no threshold is safe for any type: each escalates everything")


def test_what_is_left_out_and_odd_is_said(command: Runner, mission: Path, past: Path) -> None:
    with past.open("a") as file:
        file.write("9001,refund_request,,yes,1\n9002,new,0.5,yes,1\n9003,refund_request,0.5,,1\n")
        file.write("1,refund_request,0.1234,yes,1.5\n" * 2)
        file.write("1,refund_request,0.9999,yes,\n2,refund_request,0.9999,yes,$ 4\n")
    usual = ("--confidence", "score", "--correct", "right", "--max-error", "5%", "--type", "kind")
    lines = command("calibrate", "past.csv", *usual, "--stake", "money").out.splitlines()
    for why in ("no stake", "a stake that is no number"):
        assert (
            f"money: 1 of 3,004 labels with {why}; each counts as 0 in the money columns, and like "
            "any other in the promise" in lines
        )
    assert "left out: 1 of 3,007 rows with no confidence; such decisions stop in the gate" in lines
    assert (
        "left out: 1 of 3,007 rows with no label; if people labelled only some kinds of decisions, "
        "the promise is for those" in lines
    )
    assert any(
        line.startswith("left out: 1 of 3,007 rows with a type that the table") for line in lines
    )
    assert any(line.startswith("repeated: 1 row repeat") for line in lines)


def test_a_score_that_says_nothing_is_shown_as_such(
    command: Runner, mission: Path, folder: Path
) -> None:
    rows = "".join(f"0.9,{'no' if n % 2 else 'yes'}\n" for n in range(400))
    (folder / "past.csv").write_text("score,right\n" + rows)
    usual = ("--confidence", "score", "--correct", "right", "--max-error", "5%")
    lines = command("calibrate", "past.csv", *usual).out.splitlines()
    assert lines[0].startswith("no threshold is safe: ")
    assert "naive: no threshold has 5 % wrong at most even among these labels" in lines
    assert any(
        line.startswith("map: no map can be fitted: all of the 400 decisions state 0.9")
        for line in lines
    )
    assert any(line.startswith("nothing tells decisions apart") for line in lines)


def test_other_labels_check_the_threshold(command: Runner, mission: Path, past: Path) -> None:
    decisions_file(Path("later.csv"), 1_000, seed=8, first_id=9_000, types=KNOWN)
    ran = calibrated(command, "--held-out", "later.csv")
    assert " of 1,000 labels that nothing was chosen by would be alone, " in ran.out
    ran = calibrated(command, "--held-out", "later.csv", "--json", max_error="0.1%")
    assert ran.json["held_out"]["accepted"] == 0


def test_a_calibration_that_the_table_reads_is_not_replaced_by_a_look(
    command: Runner, mission: Path, past: Path
) -> None:
    assert calibrated(command, "--map", "auto", "--write").code == 0
    again = calibrated(command, "--write").out.splitlines()
    assert again[-1].startswith("handraise.yaml: says that already; its version stays ")
    before = Path("calibration.json").read_bytes()
    lines = calibrated(command, max_error="6%").out.splitlines()
    assert lines[-2].startswith("calibration.json: kept as it is; --write replaces it, --out FILE ")
    assert lines[-1] == "handraise.yaml: not changed; --write puts the threshold into it"
    assert Path("calibration.json").read_bytes() == before
    lines = calibrated(command, "--out", "calibration.json", max_error="6%").out.splitlines()
    assert lines[-1].startswith("handraise.yaml reads a calibration: where it is this one, ")
    assert Path("calibration.json").read_bytes() != before


def test_a_calibration_that_no_table_here_reads_is_not_replaced_by_a_look_either(
    command: Runner, mission: Path, past: Path
) -> None:
    assert calibrated(command).out.endswith(
        "calibration.json: written\n"
        "handraise.yaml: not changed; --write puts the threshold into it\n"
    )
    before = Path("calibration.json").read_bytes()  # another table in the folder may read it
    ran = calibrated(command, max_error="6%")
    assert ran.code == 0
    assert "calibration.json: kept as it is; --write replaces it, " in ran.out
    assert Path("calibration.json").read_bytes() == before
    for more in ((), ("--write",), ("--write", "--out", "calibration.json")):
        lines = calibrated(command, *more, max_error="0.1%").out.splitlines()
        assert lines[-2] == "calibration.json: kept as it is; --out FILE writes this one elsewhere"
        assert lines[-1] == "handraise.yaml: stays as it is, since no threshold is safe"
        assert Path("calibration.json").read_bytes() == before
    assert calibrated(command, "--write", max_error="6%").code == 0
    assert Path("calibration.json").read_bytes() != before


def test_tests_that_fail_now_are_named(command: Runner, mission: Path, past: Path) -> None:
    text = mission.read_text("utf-8").replace("below: 0.72", "below: 0.01")
    mission.write_text(
        text[: text.index("tests:")]
        + "tests:\n  - {name: hardly sure, given: {type: refund_request, confidence: 0.02, "
        "facts: {revenue_usd: 40}}, expect: proceed}\n"
    )
    lines = calibrated(command, "--write").out.splitlines()
    assert lines[-1] == "tests of the table that fail now: hardly sure"


@pytest.mark.parametrize(
    ("arguments", "said", "remedy"),
    [
        ((), "no labelled file was named", "e.g. handraise calibrate past.csv --confidence"),
        (("past.csv",), "--confidence: no column was named", "e.g. "),
        (("past.csv", "--confidence", "score"), "--correct: no column was named", "e.g. "),
        (("past.csv", *USUAL), "--max-error: no error rate was named", "e.g. "),
        (("past.csv", *USUAL, "--max-error", "60%"), '--max-error: "60%" is no share from 0.0001% to 50%', "e.g. --max-error 2%"),
        (("past.csv", *USUAL, "--max-error", "two"), '--max-error: "two" is no share', "e.g. "),
        (("past.csv", *USUAL, "--max-error", "nan"), '--max-error: "nan" is no share', "e.g. "),
        (("past.csv", *USUAL, "--max-error", "2%", "--sure", "5%"), '--sure: "5%" is no share from 50%', "e.g. --sure 95%"),
        (("past.csv", *USUAL, "--max-error", "2%", "--minimum-coverage", "0"), '--minimum-coverage: "0" is', "e.g. "),
        (("past.csv", *USUAL, "--max-error", "2%", "--by", "case"), '--by: "case" is nothing to divide by', "it can be: --by type"),
        (("past.csv", *USUAL, "--max-error", "2%", "--map", "spline"), '--map: "spline" is no kind of map', "it is one of auto, "),
        (("past.csv", *USUAL, "--max-error", "2%", "--by", "type"), 'has no column "type"', ""),
        (("nothing.csv", *USUAL, "--max-error", "2%"), "nothing.csv: there is no such file", ""),
    ],
)  # fmt: skip
def test_what_is_wrong_has_its_remedy(
    command: Runner, mission: Path, past: Path, arguments: tuple[str, ...], said: str, remedy: str
) -> None:
    ran = command("calibrate", *arguments, "--json")
    assert ran.code == 2
    assert said in ran.error["message"]
    assert ran.error["hint"].startswith(remedy)
    assert not Path("calibration.json").exists()


def test_it_is_said_that_other_rows_stop_some_of_what_is_promised(
    command: Runner, mission: Path, past: Path
) -> None:
    said = "other rows of the table stop some of these, so fewer go ahead alone than are counted"
    assert calibrated(command).out.splitlines()[1].startswith(said)
    assert said not in calibrated(command, max_error="0.1%").out


def test_percent_is_asked_for(command: Runner, mission: Path, folder: Path) -> None:
    rows = "".join(f"{n},{n % 101},{'yes' if n % 101 > 50 else 'no'}\n" for n in range(2_000))
    (folder / "past.csv").write_text("id,score,right\n" + rows)
    ran = calibrated(command)
    assert ran.code == 2
    assert "looks like percent" in ran.err
    assert "at 0.5 or above" in calibrated(command, "--percent").out


def test_only_the_command_itself_imports_what_is_heavy(folder: Path) -> None:
    program = (
        "import sys; import handraise.cli.app; "
        "print([name for name in ('numpy', 'scipy', 'duckdb') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_a_gate_with_a_calibration_imports_nothing_heavy(
    command: Runner, mission: Path, past: Path
) -> None:
    assert calibrated(command, "--map", "auto", "--write").code == 0
    program = (
        "import sys, handraise\n"
        "with handraise.open('handraise.yaml', rehearsal=True) as gate:\n"
        "    verdict = gate.decide(type='refund_request', confidence=0.1, facts={'revenue_usd': 40})\n"
        "print([r.sentence for r in verdict.reasons])\n"
        "print([name for name in ('numpy', 'scipy', 'duckdb') if name in sys.modules])"
    )
    console = os.environ | {"HANDRAISE_CONSOLE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=console
    )
    *_, sentences, heavy = done.stdout.strip().splitlines()
    assert "(the agent stated 0.1) is below" in sentences
    assert heavy == "[]"


def test_the_page_that_explains_it_shows_what_it_really_prints(
    command: Runner, mission: Path
) -> None:
    page = Path(__file__).parents[2] / "docs" / "how-to" / "choose-a-threshold.md"
    blocks = re.findall(r"^```(\w+)\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    for language, block in blocks:
        if language == "python":
            exec(compile(block, str(page), "exec"), {"__name__": "__main__"})
        if language == "console":
            asked, *shown = _bare(block).splitlines()
            ran = command(*asked.removeprefix("$ handraise ").split())
            printed = _bare(ran.out).splitlines()
            pieces = "\n".join(shown).split("…")
            found = "\n".join(printed)
            assert all(piece.strip() in found for piece in pieces)
            assert len(pieces) > 1 or shown == printed
    assert [language for language, _ in blocks].count("console") == 3


def _bare(text: str) -> str:
    """Return a text without versions and without the last digits, which may differ by machine."""
    return re.sub(r"[0-9a-f.]{12,}", "#", text)
