"""`report`: one page of HTML from what other commands wrote, and what it refuses."""

import json
from pathlib import Path

import pytest

from handraise.service.wiring import assemble
from handraise.settings import Settings
from tests.cli.running import Runner
from tests.support.reported import Files, reported
from tests.support.signed import sign


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A table, a backtest and a calibration."""
    return reported(tmp_path_factory.mktemp("reported"), 2_000)


def test_a_page_is_written_and_its_verdict_said(command: Runner, files: Files) -> None:
    ran = command(
        "report", str(files.table), "--backtest", str(files.backtest),
        "--calibrated", str(files.calibrated),
    )  # fmt: skip
    assert ran.code == 0
    verdict, written = ran.out.splitlines()
    assert "of decisions would have stopped for a human" in verdict
    assert "\u00a0" not in ran.out
    assert written.startswith("report.html: written (")
    html = Path("report.html").read_text("utf-8")
    assert html.startswith("<!DOCTYPE html>")
    rate = json.loads(files.backtest.read_text())["rate"]
    assert f"{100 * rate['share']:.1f}".removesuffix(".0") in verdict


def test_what_nobody_must_miss_is_said_beside(command: Runner, files: Files, folder: Path) -> None:
    found = json.loads(files.backtest.read_text())
    Path("old.json").write_text(json.dumps({**found, "version": "feedfeedfeedfeed"}))
    ran = command("report", str(files.table), "--backtest", "old.json", "--output", "r.htm")
    assert ran.code == 0
    assert "note: The figures of the past are of another version of the table" in ran.err
    assert "feedfeedfeedfeed" in Path("r.htm").read_text("utf-8")


def test_the_promise_alone_is_a_report_too(command: Runner, files: Files) -> None:
    ran = command("report", str(files.table), "--calibration", str(files.calibration), "--json")
    assert ran.code == 0
    assert ran.json["verdict"] == "Nobody has tried this table on the past."
    assert ran.json["written"] == ["report.html"]
    assert "labelled decisions" in Path("report.html").read_text("utf-8")
    ran = command("report", str(files.table), "--calibrated", str(files.calibrated), "--json")
    assert ran.json["verdict"].startswith(("Of decisions stated at", "No threshold"))


def test_the_calibration_that_the_table_names_is_read(
    command: Runner, files: Files, folder: Path
) -> None:
    Path("calibration.json").write_bytes(files.calibration.read_bytes())
    text = files.table.read_text("utf-8")
    Path("t.yaml").write_text(text.replace("escalate:", "confidence: calibrated\nescalate:", 1))
    ran = command("report", "t.yaml")
    assert (ran.code, ran.err.startswith("error")) == (0, False)
    assert "(calibrated: " in Path("report.html").read_text("utf-8")


def test_without_anything_to_report_it_says_what_writes_it(command: Runner, files: Files) -> None:
    ran = command("report", str(files.table))
    assert ran.code == 2
    assert "there is nothing to report but the table" in ran.err
    assert "handraise backtest HISTORY --out backtest.json" in ran.err
    assert not Path("report.html").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--output", "handraise.yaml"), "--output: handraise.yaml does not end in .html"),
        (("--pdf", "report.html"), "--pdf: report.html does not end in .pdf"),
        (("--output", "no/such/folder/r.html"), "cannot be written"),
    ],
)
def test_a_file_that_is_no_report_is_never_written_over(
    command: Runner, files: Files, arguments: tuple[str, str], said: str
) -> None:
    ran = command("report", str(files.table), "--backtest", str(files.backtest), *arguments)
    assert ran.code == 2
    assert said in ran.err


def test_without_a_browser_there_is_no_pdf_and_nothing_is_written(
    command: Runner, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDRAISE_BROWSER", "/no/such/browser")
    ran = command(
        "report", str(files.table), "--backtest", str(files.backtest), "--pdf", "report.pdf"
    )
    assert ran.code != 0
    assert 'HANDRAISE_BROWSER: "/no/such/browser" cannot be run' in ran.err
    assert not Path("report.html").exists()


def test_the_pdf_is_what_the_browser_prints(
    command: Runner, files: Files, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = folder / "browser"
    browser.write_text(
        "#!/bin/sh\n"
        'for one in "$@"; do case $one in --print-to-pdf=*)'
        ' printf "%%PDF" > "${one#--print-to-pdf=}" ;; esac; done\n'
    )
    browser.chmod(0o755)
    monkeypatch.setenv("HANDRAISE_BROWSER", str(browser))
    ran = command("report", str(files.table), "--calibration", str(files.calibration),
                  "--pdf", "r.pdf", "--json")  # fmt: skip
    assert ran.json["written"] == ["report.html", "r.pdf"]
    assert Path("r.pdf").read_bytes() == b"%PDF"


def test_what_is_waived_stands_at_the_head(command: Runner, files: Files, folder: Path) -> None:
    Path("t.yaml").write_text(files.table.read_text("utf-8"), "utf-8")
    arguments = ("report", "t.yaml", "--backtest", str(files.backtest))
    assert "without proof" not in command(*arguments).err
    operation = assemble([Path("t.yaml")], Settings(console=True))
    table = next(iter(operation.gates.values())).table
    sign(operation, table, waive=("capacity", "reachable"))
    operation.close()
    ran = command(*arguments, "--json")
    owner = table.people[table.owner].name
    (waived, *_) = ran.json["notices"]
    assert waived.startswith("The table is live without proof of this: capacity.")
    assert f"{owner} waived it until " in waived
    assert "a test has no evidence of it" in Path("report.html").read_text("utf-8")
    text = Path("t.yaml").read_text("utf-8")
    Path("t.yaml").write_text(text.replace("purpose:", "purpose: now"), "utf-8")
    assert not any("without proof" in one for one in command(*arguments, "--json").json["notices"])
