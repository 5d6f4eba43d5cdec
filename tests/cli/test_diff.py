"""`diff`: what it prints of two tables, what it refuses, and what a budget is answered with."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import Ran, Runner
from tests.support.labelled import labelled, written
from tests.support.two_tables import TABLE, changed

BUDGET = "3 a day each"
SCORES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]


@pytest.fixture
def tables(folder: Path) -> Path:
    """An old table, a new one, and ten days of nine decisions; those under 0.3 are wrong."""
    (folder / "old.yaml").write_text(TABLE, "utf-8")
    (folder / "new.yaml").write_text(changed(("below: 0.7", "below: 0.5")), "utf-8")
    with (folder / "past.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "when", "type", "confidence", "revenue", "ok", "money"])
        for day in range(1, 11):
            for score in SCORES:
                at = f"2026-03-{day:02d} 12:00:00"
                writer.writerow([f"{day}-{score}", at, "refund", score, 5, score >= 0.3, 10])
    return folder


NAMED = ("--data", "past.csv", "--at", "when", "--correct", "ok", "--stake", "money")
UNPROVED = "--no-proof"


def compared(command: Runner, *more: str) -> Ran:
    return command("diff", "old.yaml", "new.yaml", *NAMED, UNPROVED, *more)


def test_without_the_past_the_tables_are_compared_in_words(command: Runner, tables: Path) -> None:
    ran = command("diff", "old.yaml", "new.yaml", UNPROVED)
    assert (ran.code, ran.err) == (0, "")
    first, second, third = ran.out.splitlines()[:3]
    assert third == "whether it is at least as strict was not proved: --no-proof"
    assert first.startswith("old.yaml (version ")
    assert second == (
        "  row confidence.1: its confidence is below 0.7 -> its confidence is below 0.5"
    )
    same = command("diff", "old.yaml", "old.yaml")
    assert same.out.splitlines()[1:] == ["  they mean the same", "both mean the same"]
    found = command("diff", "old.yaml", "new.yaml", UNPROVED, "--json").json
    assert found["agent"] == "agent"
    assert found["older"]["table"] == "old.yaml"
    assert found["older"]["version"] != found["newer"]["version"]
    assert len(found["words"]) == 1


def test_what_goes_ahead_now_comes_before_all_else(command: Runner, tables: Path) -> None:
    ran = compared(command)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    at = lines.index("90 decisions of agent, 2026-03-01 to 2026-03-10")
    assert lines[at + 1] == "the same by both: 70 (77.8%)"
    assert lines[at + 2].startswith("stopped before, goes ahead now: 20 (22.2%, ")
    assert lines[at + 3].startswith("  slip through: 0 (0.0%, 0.0% to ")
    assert "of those with a label were wrong, 0 of money hung on them" in lines[at + 3]
    assert lines[at + 4] == (
        "  confidence.1 to support (its confidence is below 0.7): 20, 0 of them wrong"
    )
    assert lines[at + 5] == (
        "    1-0.5: refund, 0.5 sure, revenue 5, money 10, was right: "
        "support (confidence 0.5 is below 0.7) -> goes ahead"
    )
    assert "went ahead before, stops now: 0 (0.0%, 0.0% to 4.0%)" in ran.out
    assert "stop                         60 (66.7%)  40 (44.4%)" in ran.out
    assert "support  6.0 a day, 6 on 2026-03-01  4.0 a day, 4 on 2026-03-01" in ran.out
    assert "dana             6.0 a day" in ran.out
    assert lines[-1].startswith("duckdb ")


def test_the_other_way_round_it_says_what_is_caught(command: Runner, tables: Path) -> None:
    ran = command("diff", "new.yaml", "old.yaml", *NAMED, UNPROVED)
    assert "went ahead before, stops now: 20 (22.2%" in ran.out
    assert "; stopped for nothing: 20" in ran.out


def test_without_labels_it_says_that_nobody_knows(command: Runner, tables: Path) -> None:
    ran = command("diff", "old.yaml", "new.yaml", "--data", "past.csv", "--examples", "0", UNPROVED)
    assert "how many of them were wrong nobody knows: none has a label (--correct)" in ran.out
    assert "support  60      40" in ran.out  # without times there are no days
    assert "1-0.5" not in ran.out


def test_it_ends_with_1_on_demand_where_something_goes_ahead_now(
    command: Runner, tables: Path
) -> None:
    assert compared(command, "--exit-code").code == 1
    assert command("diff", "new.yaml", "old.yaml", *NAMED, UNPROVED, "--exit-code").code == 0
    assert command("diff", "old.yaml", "old.yaml", *NAMED, "--exit-code").code == 0


def test_json_has_all_that_is_known(command: Runner, tables: Path) -> None:
    found = compared(command, "--json").json
    assert found["goes_now"]["decisions"]["count"] == 20
    assert found["goes_now"]["examples"][0]["older_routes"] == ["support"]
    assert found["routes"][0]["after"]["busiest_asks"] == 4
    assert len(compared(command, "--json", "--examples", "7").json["goes_now"]["examples"]) == 7


def test_a_budget_is_answered_with_the_threshold_that_fits(command: Runner, tables: Path) -> None:
    ran = command("diff", "old.yaml", *NAMED, "--budget", BUDGET)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0] == (
        "3 a day each for support (dana): 3 a day together; more on at most 5.0% of days"
    )
    assert lines[1] == "10 days of the past, 9.0 decisions a day"
    assert lines[2].startswith("at present, below: 0.7: 6.0 asks a day, at most 6; over 3 on 10 d")
    assert lines[3] == (
        "below: 0.2 fits: 1.0 asks a day, at most 1; over 3 on no days, by chance on 1.9% of days"
    )
    assert lines[4].startswith("  by the days of the past 0.4, by chance 0.2: the lower one counts")
    assert "3 more people at 3 a day hold 0.7" in lines
    assert "nothing is promised here: `handraise calibrate` says which threshold can be" in lines
    assert "least is lost by not looking at (money an ask): refund 2" in lines
    assert any(line.startswith("stopped before, goes ahead now: 50") for line in lines)
    assert "nothing was written; at old.yaml:17 it would be  below: 0.2" in lines
    assert (tables / "old.yaml").read_text("utf-8") == TABLE


def test_a_budget_in_json_and_with_more_days_over(command: Runner, tables: Path) -> None:
    found = command("diff", "old.yaml", *NAMED, "--budget", BUDGET, "--json").json
    assert (found["threshold"], found["by_days"], found["by_chance"]) == (0.2, 0.4, 0.2)
    assert found["difference"]["goes_now"]["decisions"]["count"] == 50
    more = command(
        "diff", "old.yaml", *NAMED, "--budget", BUDGET, "--days-over", "40%", "--json"
    ).json
    assert more["threshold"] == 0.4  # P(Poisson(3) > 3) is 35 %


def test_a_budget_that_nothing_fits_says_what_comes_anyway(command: Runner, tables: Path) -> None:
    (tables / "old.yaml").write_text(changed(("[refund, card]", "[card]")), "utf-8")
    ran = command("diff", "old.yaml", *NAMED, "--budget", "8 a day")
    assert "no threshold of confidence.1 fits this budget" in ran.out
    assert "even without confidence.1, support gets 9.0 asks a day, 9 on 2026-03-01" in ran.out
    assert "6 more asks a day hold 0.7: 14 a day" in ran.out  # P(Poisson(9) > 14) is 4.1 %
    assert "nothing was written" not in ran.out


def test_a_generous_budget_says_that_any_threshold_fits(command: Runner, tables: Path) -> None:
    ran = command("diff", "old.yaml", *NAMED, "--budget", "90 a day each")
    assert "below: 1 fits, and so would any" in ran.out
    assert "the people take what 0.7 asks of them" in ran.out
    one = command("diff", "old.yaml", *NAMED, "--budget", "9 a day each")
    assert "1 more person at 9 a day holds 0.7" in one.out


def test_shared_people_and_many_scores_are_said(command: Runner, tables: Path) -> None:
    (tables / "old.yaml").write_text(changed(("finance: [ines]", "finance: [dana]")), "utf-8")
    with (tables / "past.csv").open("a", encoding="utf-8") as file:
        for place in range(5001):
            day = 1 + place % 10
            file.write(f"x{place},2026-03-{day:02d} 12:00:00,refund,{place / 5001},2000,,\n")
    ran = command("diff", "old.yaml", *NAMED, "--budget", "600 a day each")
    assert "  support and finance share people: they are counted together" in ran.out
    assert "they were looked at in steps of 0.001" in ran.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("old.yaml",), "one table alone has no difference"),
        (("old.yaml", "new.yaml", "--budget", BUDGET), "--budget: looks for a threshold of one"),
        (("old.yaml", "--budget", BUDGET), "--budget: needs decisions of the past"),
        (
            ("old.yaml", "new.yaml", "--exit-code", UNPROVED),
            "--exit-code: needs a proof, or decisions of the past",
        ),
        (("old.yaml", "new.yaml", "--signed"), "--signed: stands in place of OLD"),
        (("old.yaml", "new.yaml", "--store", "sqlite:///x.db"), "--store: belongs to --signed"),
        (("--signed", "new.yaml"), "--signed: no version of the table of agent is in force"),
        (("old.yaml", "new.yaml", "--timeout", "10"), '--timeout: the duration "10" has no unit'),
        (
            ("old.yaml", "--budget", BUDGET, "--format", "markdown", *NAMED),
            "--format: belongs to two tables",
        ),
        (("old.yaml", "new.yaml", "--row", "confidence.1"), "--row: belongs to --budget"),
        (
            ("old.yaml", "--budget", BUDGET, "--exit-code", *NAMED),
            "--exit-code: belongs to two tables",
        ),
        (
            ("old.yaml", "--budget", BUDGET, "--days-over", "90%", *NAMED),
            '--days-over: "90%" is no share of days',
        ),
        (("old.yaml", "--budget", BUDGET, "--days-over", "few", *NAMED), "is no share of days"),
        (("old.yaml", "--budget", "some", *NAMED), '--budget: "some" is no capacity'),
        (("old.yaml", "--budget", BUDGET, "--data", "past.csv"), "past.csv: has no times"),
        (("old.yaml", "other.yaml"), 'other.yaml: is the table of "other"'),
        (("old.yaml", "other.yaml", *NAMED), 'other.yaml: is the table of "other"'),
        (("old.yaml", "new.yaml", "--data", "none.csv"), "none.csv"),
        (
            ("old.yaml", "new.yaml", "--data", "past.csv", "--from", "x"),
            "--from: belongs to --engine",
        ),
        (("old.yaml", "none.yaml"), "none.yaml: there is no such file"),
    ],
)
def test_what_does_not_belong_together_is_refused(
    command: Runner, tables: Path, arguments: tuple[str, ...], said: str
) -> None:
    (tables / "other.yaml").write_text(changed(("agent: agent", "agent: other")), "utf-8")
    ran = command("diff", *arguments)
    assert ran.code in (1, 2)
    assert said in ran.err
    assert ran.out == ""


def test_a_table_with_errors_is_not_compared(command: Runner, tables: Path) -> None:
    (tables / "new.yaml").write_text(changed(("to: finance", "to: nobody")), "utf-8")
    ran = compared(command)
    assert ran.code == 4
    assert "nobody" in ran.err


def test_comparing_words_imports_nothing_that_takes_long() -> None:
    code = (
        "import sys\nimport handraise.cli.app\n"
        "heavy = {'numpy', 'scipy', 'duckdb', 'simpy', 'altair'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_every_kind_of_line_is_printed(command: Runner, tables: Path) -> None:
    """Two tables that differ in people, with values that cannot be used."""
    newer = changed(
        ("below: 0.7", "below: 0.5"),
        ("routes:\n", "routes:\n  desk: [marc]\n"),
        ("unknown: type, to: support", "unknown: type, to: desk"),
    )
    (tables / "new.yaml").write_text(newer, "utf-8")
    with (tables / "past.csv").open("a", encoding="utf-8") as file:
        file.write("odd,never,alien,0.9,x,,\n,,,,,,\n")
    ran = compared(command)
    assert "  support and finance -> finance and desk: 1" in ran.out
    assert "  support and finance -> support and finance and desk: 1" in ran.out
    assert "desk     -  " in ran.out
    assert "column revenue: 1 missing, 1 not usable" in ran.out
    assert "no usable confidence" in ran.out


def test_words_of_customers_are_held_against_what_the_newer_table_learned(
    command: Runner, folder: Path
) -> None:
    rows = labelled(4, 60, revenue=lambda number: number % 20)
    learned = written(folder / "learned.csv", rows)
    types = ", ".join(sorted({row["kind"] for row in rows}))
    older = changed(("[refund, card]", f"[{types}]"))
    row = "    - {unknown: type, to: support}\n"
    newer = changed(
        (f"[{types}]", "known/"),
        (row, f"{row}    - {{unfamiliar: 15%, to: finance}}\n"),
        text=older,
    )
    (folder / "old.yaml").write_text(older, "utf-8")
    (folder / "new.yaml").write_text(newer, "utf-8")
    words = ("--text", "body", "--type", "kind")
    ran = command("learn", str(learned), "--table", "new.yaml", "--encoder", "words", *words)
    assert ran.code == 0, ran.err
    odd = [{"body": "buy crypto staking coins", "kind": "refund", "revenue": 5}] * 3
    written(folder / "past.csv", [one | {"confidence": 0.9} for one in [*rows[:40], *odd]])
    past = ("--data", "past.csv", *words, UNPROVED)
    found = command("diff", "old.yaml", "new.yaml", *past, "--json").json
    assert found["stops_now"]["decisions"]["count"] >= 3
    assert {one["row"] for one in found["stops_now"]["rows"]} == {"novelty.2"}
    assert found["goes_now"]["decisions"]["count"] == 0
    assert "crypto" not in json.dumps(found)  # a customer's words are never taken along
    again = command("learn", str(learned), "--table", "new.yaml", "--encoder", "words", *words,
                    "--out", "other", "--by-chance", "3")  # fmt: skip
    assert again.code == 0, again.err
    (folder / "old.yaml").write_text(newer.replace("known/", "other/"), "utf-8")
    ran = command("diff", "old.yaml", "new.yaml", *past)
    assert ran.code == 2
    assert "new.yaml: names other learned files than old.yaml" in ran.err
