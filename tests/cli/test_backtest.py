"""`backtest`: what it prints, what it refuses, and what it keeps for the watch."""

from __future__ import annotations

import csv
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from handraise.store import open_store
from tests.cli.running import Ran, Runner

TYPES = ("refund_request", "card_not_arrived", "change_address")
HEADER = ("id", "at", "type", "confidence", "revenue_usd", "was_right", "money")
STORE = "sqlite:///kept.db"


def history(place: Path, count: int = 400) -> Path:
    """Write decisions of four weeks: the surer the agent, the more often it is right."""
    chance = random.Random(3)
    start = datetime(2026, 3, 2, 8, tzinfo=UTC)
    with place.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(HEADER)
        for number in range(count):
            sure, money = chance.random(), chance.choice((-40, 25, 120, -7000))
            at = start + timedelta(hours=number * 27 * 24 / count)
            kind = chance.choice((*TYPES, "court_order"))
            right = "yes" if chance.random() < sure else "no"
            out.writerow((f"r-{number}", at.isoformat(), kind, f"{sure:.3f}", money, right, money))
    return place


@pytest.fixture
def past(folder: Path) -> Path:
    return history(folder / "past.csv")


def tried(command: Runner, *more: str) -> Ran:
    return command("backtest", "past.csv", "--correct", "was_right", "--stake", "money", *more)


def test_the_most_important_is_said_first_and_in_plain_words(
    command: Runner, mission: Path, past: Path
) -> None:
    ran = tried(command)
    assert (ran.code, ran.err) == (0, "")  # a pipe gets no progress bar
    lines = ran.out.splitlines()
    found = tried(command, "--json").json
    assert lines[0] == "400 decisions of support-agent, 2026-03-02 to 2026-03-29"
    assert lines[1].startswith(f"would have stopped: {found['rate']['count']} (")
    alone = found["alone"]
    assert lines[2].startswith(f"would have gone ahead: {alone['decisions']}, and of those with a")
    assert lines[2].endswith(f"were wrong, {alone['stake']:,.0f} of money hung on them")
    shown = [line for line in lines if line.startswith("  r-")]
    assert len(shown) == 10
    assert all(one["id"] in shown[place] for place, one in enumerate(alone["examples"]))
    assert f"errors caught: {found['stopped']['caught']['count']} (" in ran.out
    table = lines[lines.index("") + 1 :]
    assert table[0].split() == [
        "row",
        "to",
        "stops",
        "share",
        "only",
        "it",
        "caught",
        "for",
        "nothing",
        "if",
    ]
    assert [line.split()[0] for line in table[1:4]] == [
        "confidence.1",
        "consequence.1",
        "novelty.1",
    ]
    assert "by condition: confidence " in ran.out
    assert "court_order (not known)" in ran.out
    assert "support_supervisor: " in ran.out
    assert "asks a day, at most " in ran.out
    assert "--assume 6m plays these stops against the people's hours and deadlines" in lines
    assert "few decisions: with 400 the intervals are wide" in lines
    assert lines[-1].startswith("duckdb ")
    assert lines[-1].endswith("of support-agent's table")


def test_json_out_and_the_screen_say_the_same(command: Runner, mission: Path, past: Path) -> None:
    ran = tried(command, "--json", "--out", "backtest.json")
    assert ran.code == 0
    assert json.loads(Path("backtest.json").read_text("utf-8")) == ran.json
    assert tried(command, "--out", "again.json").err == "again.json: written\n"
    counts = sum(one["decisions"] for one in ran.json["types"])
    assert counts == ran.json["decisions"] == 400
    assert ran.json["simulated"] is None


def test_few_or_no_examples_may_be_asked_for(command: Runner, mission: Path, past: Path) -> None:
    assert "  r-" not in tried(command, "--examples", "0").out
    assert len(tried(command, "--examples", "2", "--json").json["alone"]["examples"]) == 2


def test_the_promised_rates_are_kept_for_the_watch(
    command: Runner, mission: Path, past: Path
) -> None:
    ran = tried(command, "--keep", "--store", STORE)
    found = tried(command, "--json").json
    assert (ran.code, ran.err) == (
        0, f"the promised rates of version {found['version']} are kept for the watch\n"
    )  # fmt: skip
    store = open_store(STORE)
    try:
        promise = store.promise_of("support-agent", found["version"])
    finally:
        store.close()
    assert promise is not None
    assert (promise.decisions, promise.stopped) == (400, found["rate"]["count"])
    assert promise.rows == {one["row"]: one["fired"]["count"] for one in found["rows"]}


def test_the_stops_are_played_against_the_people(
    command: Runner, mission: Path, past: Path
) -> None:
    ran = tried(command, "--assume", "6m", "--repetitions", "2", "--seed", "5")
    assert ran.code == 0
    assert "played 2 times against the people's hours: " in ran.out
    assert "  assumed: " in ran.out
    assert "--assume 6m plays" not in ran.out
    again = tried(command, "--assume", "6m", "--repetitions", "2", "--seed", "5")
    assert again.out == ran.out
    once = tried(command, "--assume", "6m", "--repetitions", "1", "--pull", "route")
    assert "played once against" in once.out


def test_how_many_more_people_would_do_is_looked_for_where_it_is_asked(
    command: Runner, mission: Path, past: Path
) -> None:
    ran = tried(command, "--assume", "2h", "--repetitions", "1", "--more-people", "--json")
    needed = json.loads(ran.out)["needed"]
    assert {one["route"] for one in needed["routes"]} <= {"support_supervisor", "finance_lead"}
    in_words = tried(command, "--assume", "2h", "--repetitions", "1", "--more-people")
    assert all(f"  {one['sentence']}" in in_words.out for one in needed["routes"])
    alone = tried(command, "--more-people")
    assert alone.code == 2
    assert "--assume 6m beside it" in alone.err


def test_without_labels_nobody_knows_what_slipped(
    command: Runner, mission: Path, past: Path
) -> None:
    ran = command("backtest", "past.csv")
    assert ran.code == 0
    assert (
        "how many of them were wrong nobody knows: none has a usable label (--correct names their column)"
        in ran.out
    )
    assert "caught" not in ran.out


def test_without_times_only_the_asks_are_counted(command: Runner, mission: Path) -> None:
    Path("past.csv").write_text("type,confidence,revenue_usd\nrefund_request,0.1,1\n", "utf-8")
    ran = command("backtest", "past.csv")
    assert ran.code == 0
    assert ran.out.splitlines()[0] == "1 decision of support-agent"
    assert "support_supervisor: 1 ask for 1 person" in ran.out
    assert "a day" not in ran.out
    assert "--assume" not in ran.out


def test_values_that_cannot_be_used_are_counted(command: Runner, mission: Path) -> None:
    Path("past.csv").write_text(
        "type,confidence,revenue_usd\nrefund_request,0.9,1\nrefund_request,high,nan\n,2,\n", "utf-8"
    )
    ran = command("backtest", "past.csv")
    assert "column confidence: 2 not usable; what reads it stops there" in ran.out
    assert "column revenue_usd: 1 missing, 1 not usable; what reads it stops there" in ran.out
    assert "column type: 1 missing; what reads it stops there" in ran.out


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ((), 2, "no history was named"),
        (("none.csv",), 2, "none.csv: there is no such file"),
        (("past.csv", "--engine", "duckdb://x", "--from", "past"), 2, "not both"),
        (("--engine", "duckdb://x"), 2, "--engine: no table was named"),
        (("past.csv", "--from", "past"), 2, "--from: belongs to --engine"),
        (("--engine", "duckdb://none.db", "--from", "past"), 2, "there is no such file"),
        (("past.csv", "--fact", "revenue_usd"), 2, '--fact: "revenue_usd" names no column'),
        (("past.csv", "--fact", "a=b", "--fact", "a=c"), 2, '--fact: "a" is given twice'),
        (("past.csv", "--fact", "revenu=b"), 2, 'the table declares no fact "revenu"'),
        (("past.csv", "--proposal", "sum=b"), 2, 'no fact reads "sum" of the proposal'),
        (("past.csv", "--correct", "right"), 2, 'has no column "right"; --correct names it'),
        (("past.csv", "--confidence", "score"), 2, 'has no column "score"'),
        (("past.csv", "--pull", "all"), 2, '--pull: "all" is neither own nor route'),
        (("past.csv", "--assume", "soon"), 2, "--assume: "),
        (("past.csv", "--repetitions", "0"), 2, "--repetitions"),
        (("past.csv", "--examples", "101"), 2, "--examples"),
        (("past.csv", "--table", "other.yaml"), 2, "other.yaml"),
        (("past.csv", "--out", "no/folder/x.json"), 2, "x.json"),
        (("past.csv", "--pull", "route"), 2, "--pull: nothing is played"),
        (("past.csv", "--repetitions", "5"), 2, "--repetitions: nothing is played"),
        (("past.csv", "--seed", "5"), 2, "--seed: nothing is played"),
        (("past.csv", "--store", STORE), 2, "--store: nothing is kept"),
    ],
)  # fmt: skip
def test_each_mistake_is_told_with_its_exit_code(
    command: Runner, mission: Path, past: Path, options: tuple[str, ...], code: int, message: str
) -> None:
    ran = command("backtest", *options)
    assert (ran.code, ran.out) == (code, "")
    assert message in ran.err


def test_a_past_without_a_decision_is_an_error(command: Runner, mission: Path) -> None:
    Path("past.csv").write_text("type,confidence,revenue_usd\n", "utf-8")
    ran = command("backtest", "past.csv")
    assert (ran.code, ran.out) == (2, "")
    assert "past.csv: holds no decision" in ran.err


@pytest.mark.parametrize("name", ["handraise.yaml", "past.csv", "calibration.json", "."])
def test_out_never_replaces_what_is_no_backtest(
    command: Runner, mission: Path, past: Path, name: str
) -> None:
    Path("calibration.json").write_text('{"handraise_calibration": 1, "digest": "x"}', "utf-8")
    before = {one.name: one.read_bytes() for one in Path().iterdir()}
    ran = tried(command, "--out", name)
    assert (ran.code, ran.out) == (2, "")
    assert ("is a folder" if name == "." else f"{name} is no backtest") in ran.err
    assert {one.name: one.read_bytes() for one in Path().iterdir()} == before


def test_out_replaces_an_older_backtest(command: Runner, mission: Path, past: Path) -> None:
    assert tried(command, "--out", "kept.json", "--assume", "6m").code == 0
    first = Path("kept.json").read_bytes()
    assert tried(command, "--out", "kept.json").code == 0
    assert Path("kept.json").read_bytes() != first


ODD = "refund\nwould have stopped: 0 (0.0%)\t\u2028\x1b[2J"


def test_what_an_agent_wrote_makes_no_line_of_its_own(command: Runner, mission: Path) -> None:
    line = {"id": ODD, "type": ODD, "confidence": 0.1, "revenue_usd": 1, "correct": True}
    lines = [line, line | {"id": "x" * 500, "confidence": 0.99, "type": "change_address"}]
    lines += [line | {"type": "change_address", "confidence": 0.99, "correct": False}]
    Path("past.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines), "utf-8")
    Path("new.yaml").write_text(mission.read_text("utf-8").replace("0.72", "0.995"), "utf-8")
    for ran in (
        command("backtest", "past.jsonl"),
        command("diff", str(mission), "new.yaml", "--data", "past.jsonl"),
    ):
        assert ran.code == 0, ran.err
        assert "refund\ufffdwould have stopped: 0 (0.0%)\ufffd\ufffd\ufffd[2J" in ran.out
        assert sum(one.startswith("would have stopped: 0") for one in ran.out.splitlines()) == 0
        assert "x" * 80 not in ran.out


def test_labels_as_pandas_writes_them_are_read(command: Runner, mission: Path) -> None:
    Path("past.csv").write_text(
        "type,confidence,revenue_usd,correct\nrefund_request,0.9,1,1.0\nrefund_request,0.9,1,0.0\n",
        "utf-8",
    )
    found = command("backtest", "past.csv", "--json").json
    assert (found["alone"]["errors"]["count"], found["alone"]["errors"]["of"]) == (1, 2)


def test_labels_that_cannot_be_used_are_told_and_stop_nothing(
    command: Runner, mission: Path
) -> None:
    Path("past.csv").write_text(
        "type,confidence,revenue_usd,correct\nrefund_request,0.9,1,maybe\n", "utf-8"
    )
    ran = command("backtest", "past.csv")
    assert "none has a usable label" in ran.out
    assert "column correct: 1 not usable\n" in ran.out


def test_rates_of_few_decisions_are_not_kept(command: Runner, mission: Path, folder: Path) -> None:
    history(folder / "past.csv", 99)
    ran = tried(command, "--keep", "--store", STORE)
    assert (ran.code, ran.out) == (2, "")
    assert "--keep: 99 decisions are too few to promise rates by" in ran.err
    assert not Path("kept.db").exists()


def test_a_column_named_for_what_no_row_reads_is_told(
    command: Runner, mission: Path, past: Path
) -> None:
    ran = tried(command, "--action", "type", "--text", "type")
    assert ran.code == 0
    assert "not looked at: column type (--action): no row reads it" in ran.out
    assert "not looked at: column type (--text): no row reads it" in ran.out
    assert "no row reads it" not in tried(command, "--fact", "revenue_usd=money").out
