"""The threshold goes into the table, and nothing else changes; what is not plain is refused."""

import difflib
import stat
from pathlib import Path

import msgspec
import pytest

import handraise.demo
from handraise.core.table.read import read
from handraise.errors import InputError
from handraise.service.calibrating.calibrate import calibrate
from handraise.service.calibrating.plan import Columns, Plan
from handraise.service.calibrating.writing import (
    opened_table,
    place_of,
    replaced,
    row_to_write,
    write_calibration,
    write_table,
)
from handraise.service.reading.tables import open_table
from tests.support.calibrated import FILE
from tests.support.labelled_decisions import TYPES, decisions_file
from tests.support.support_table import TABLE, changed

ROW = "    - {below: 0.72, to: supervisor}\n"
DEMO = (Path(handraise.demo.__file__).parent / "handraise.yaml").read_text("utf-8")
DEMO_TYPES = "known: [refund_request, invoice_copy]   # trained on\n"
DEMO_TABLE = "".join(
    DEMO_TYPES if line.startswith("known:") else line
    for line in DEMO[: DEMO.index("tests:")].splitlines(keepends=True)
    if "unfamiliar" not in line
)
COLUMNS = Columns(confidence="score", correct="right", id="id")


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "handraise.yaml"
    path.write_text(TABLE, encoding="utf-8")
    return path


@pytest.fixture
def past(tmp_path):
    return decisions_file(tmp_path / "past.csv")


def calibrated(table, past, **fields):
    usual = {
        "table": table, "paths": (past,), "columns": COLUMNS, "max_error": 0.05, "write": True
    }  # fmt: skip
    return calibrate(Plan(**(usual | fields)))


def refused(table, past, **fields):
    """Return the error with which it is refused; nothing was written."""
    before = table.read_bytes()
    with pytest.raises(InputError) as error:
        calibrated(table, past, **fields)
    assert table.read_bytes() == before
    assert not table.with_name("calibration.json").exists()
    return error.value


def change(before, after):
    lines = difflib.ndiff(before.splitlines(keepends=True), after.splitlines(keepends=True))
    return [line[2:].strip() for line in lines if line[0] == "+"], [
        line[2:].strip() for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[0] == "-"
    ]  # fmt: skip


@pytest.mark.parametrize("text", [TABLE, DEMO_TABLE], ids=["every part", "the demo's"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("is_cut", [False, True])
def test_exactly_the_lines_that_were_to_be_changed_are(table, past, text, end, is_cut):
    text = text.rstrip("\n") if is_cut else text
    table.write_bytes(text.replace("\n", end).encode())
    report = calibrated(table, past, map="auto")
    after = table.read_bytes().decode()
    came, went = change(text.replace("\n", end), after)
    assert len(went) == 1
    assert "below: 0.72" in went[0]
    assert came == ["confidence: calibrated", went[0].replace("0.72", str(report.threshold))]
    assert [line.strip() for line in report.written.lines] == came
    assert after.count(end) == text.count("\n") + 1
    assert after.replace("\r\n", "").count("\n") == (0 if end == "\r\n" else after.count("\n"))


def test_claims_that_stand_further_down_stay_as_they_are(table, past):
    claims = "claims:\n  - {name: the unsure stop, when: confidence < 0.1, never: proceed}\n"
    table.write_text(changed("tests:\n", f"{claims}tests:\n"), encoding="utf-8")
    before = open_table(table)[0].claims
    calibrated(table, past, map="auto")
    after = open_table(table)[0].claims
    assert [one.line for one in after] == [before[0].line + 1]
    assert [msgspec.structs.replace(one, line=before[0].line) for one in after] == list(before)


def test_the_version_and_who_signs_again_are_said(table, past):
    before = open_table(table)[0].version
    written = calibrated(table, past).written
    assert written.version_before == before
    assert written.version == open_table(table)[0].version != before
    assert (written.row, written.owner, written.tests) == ("confidence.1", "Priya Raman", ())


def test_the_same_again_changes_nothing(table, past):
    first = calibrated(table, past)
    text = table.read_bytes()
    again = calibrated(table, past)
    assert table.read_bytes() == text
    assert again.written.lines == ()
    assert again.written.version == again.written.version_before == first.written.version


def test_tests_of_the_table_that_fail_now_are_named(table, past):
    table.write_text(
        changed("confidence: 0.95", "confidence: 0.01", changed("0.72", "0.005", TABLE))
    )
    assert calibrated(table, past).written.tests == ("a small one",)


def test_permissions_and_a_byte_order_mark_stay(table, past):
    table.write_bytes(b"\xef\xbb\xbf" + TABLE.encode())
    table.chmod(0o640)
    calibrated(table, past)
    assert stat.S_IMODE(table.stat().st_mode) == 0o640
    assert table.read_bytes().startswith(b"\xef\xbb\xbf# " if TABLE[0] == "#" else b"\xef\xbb\xbfh")
    assert open_table(table)[0]


def test_a_link_to_a_table_stays_a_link(table, past):
    link = table.with_name("link.yaml")
    link.symlink_to(table)
    calibrated(link, past)
    assert link.is_symlink()
    assert "below: 0.72" not in table.read_text()


@pytest.mark.parametrize("out", [None, "sure.json"])
def test_a_linked_table_finds_its_calibration_from_the_folder_of_the_link(
    table, past, tmp_path, out
):
    folder = tmp_path / "live"
    folder.mkdir()
    link = folder / "handraise.yaml"
    link.symlink_to(table)
    place = None if out is None else folder / out
    report = calibrated(link, past, map="auto", out=place)
    assert report.out == folder / (out or "calibration.json")
    found, _ = open_table(link)
    assert found.version == report.written.version
    assert calibrated(link, past).written.version == report.written.version


def test_the_calibration_may_lie_elsewhere(table, past, tmp_path):
    out = tmp_path / "learned" / "sure.json"
    out.parent.mkdir()
    calibrated(table, past, map="auto", out=out)
    assert "\nconfidence: {calibrated: learned/sure.json}\n" in table.read_text()
    assert place_of(table, open_table(table)[0]) == out
    calibrated(table, past)
    assert "\nconfidence: {calibrated: learned/sure.json}\n" in table.read_text()
    calibrated(table, past, out=tmp_path / "calibration.json")
    assert "\nconfidence: calibrated\n" in table.read_text()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (ROW * 2, "it has several: confidence.1 (line 37), confidence.2 (line 38)"),
        (ROW.replace("to:", "for: {type: card_lost}, to:"), "all its confidence rows are narrowed by for:: confidence.1 (line 37)"),
        (ROW.replace("to:", "for: {action: refund}, to:") * 2, "narrowed by for:: confidence.1 (line 37), confidence.2 (line 38)"),
    ],
)  # fmt: skip
def test_where_it_is_not_plain_which_row_is_meant_the_rows_are_named(table, past, rows, said):
    table.write_text(changed(ROW, rows, TABLE))
    error = refused(table, past)
    assert "it is not plain which row the threshold is for: " in error.message
    assert said in error.message


def test_a_narrowed_row_beside_the_one_for_all_stays(table, past):
    narrowed = ROW.replace("0.72", "0.99").replace("to:", "for: {type: card_lost}, to:")
    table.write_text(changed(ROW, narrowed + ROW, TABLE))
    assert calibrated(table, past).written.row == "confidence.2"
    assert narrowed in table.read_text()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (ROW, ROW + ROW.replace("to:", "for: {type: card_lost}, to:")),
        ("when: abs(revenue_usd) > 5000", "when: abs(revenue_usd) > 5000 and confidence < 0.9"),
    ],
)
def test_rows_that_would_mean_something_else_stop_a_new_calibration(table, past, old, new):
    table.write_text(changed(old, new, TABLE))
    error = refused(table, past, map="auto")
    assert "other rows would mean something else: con" in error.message
    assert calibrated(table, past).written.row == "confidence.1"


def test_a_comment_that_would_be_lost_stops_it(table, past):
    text = changed(
        "{below: 0.72, to: supervisor}",
        "below:   # why\n        else: 0.72\n      to: supervisor",
        TABLE,
    )
    table.write_text(text)
    assert refused(table, past).message.startswith(f"{table}: line 3")


def test_a_threshold_of_nothing_cannot_be_written(table, tmp_path):
    past = tmp_path / "zeros.csv"
    past.write_text("id,score,right\n" + "".join(f"{n},0,yes\n" for n in range(400)))
    assert (
        "the safe threshold is 0, and a table's threshold is over 0" in refused(table, past).message
    )


def test_a_threshold_of_next_to_nothing_is_not_written_with_hundreds_of_zeros(table, tmp_path):
    past = tmp_path / "tiny.csv"
    for score, is_refused in (("1e-320", True), ("9e-7", True), ("1e-6", False)):
        past.write_text("id,score,right\n" + "".join(f"{n},{score},yes\n" for n in range(400)))
        if is_refused:
            found = refused(table, past)
            assert "the safe threshold is under 0.000001, next to nothing" in found.message
        else:
            calibrated(table, past)
    assert "below: 0.000001," in table.read_text()


def test_a_foreign_file_is_not_replaced(table, past):
    place = table.with_name("calibration.json")
    place.write_text("{}")
    for write in (True, False):
        with pytest.raises(InputError, match="is no calibration") as error:
            calibrated(table, past, write=write)
        assert error.value.hint == "name another place with --out FILE"
    assert (place.read_text(), table.read_text()) == ("{}", TABLE)


def test_what_was_calibrated_for_another_agent_is_not_overwritten(table, past):
    calibrated(table, past, map="auto")
    kept = table.with_name("calibration.json").read_bytes()
    other = table.with_name("other.yaml")
    other.write_text(changed("agent: support-agent", "agent: order-agent", TABLE))
    with pytest.raises(InputError, match="is the calibration of support-agent") as error:
        calibrated(other, past)
    assert error.value.hint == "name another place with --out FILE"
    assert table.with_name("calibration.json").read_bytes() == kept
    assert "below: 0.72" in other.read_text()
    assert calibrated(other, past, map="auto", out=table.with_name("orders.json")).written
    assert "confidence: {calibrated: orders.json}" in other.read_text()


def test_a_damaged_calibration_is_written_anew(table, past):
    report = calibrated(table, past, map="auto")
    report.out.write_bytes(report.out.read_bytes()[:150])
    assert calibrated(table, past).written.version == report.written.version
    assert opened_table(table).is_usable


def test_a_table_that_somebody_else_changed_meanwhile_is_left_alone(table):
    found = opened_table(table)
    row = row_to_write(table, found.table, is_new=False)
    table.write_text(TABLE + "# one more\n")
    with pytest.raises(InputError, match="was changed by somebody else meanwhile"):
        write_table(found, row, 0.9, FILE, table.with_name("c.json"), is_calibrated=False)
    assert table.read_text() == TABLE + "# one more\n"
    assert not table.with_name("c.json").exists()


def test_a_change_that_would_bring_a_finding_is_not_made(table):
    found = opened_table(table)
    row = row_to_write(table, found.table, is_new=False)
    for below, said in ((1.5, "at most 1"), ({"new": 0.5}, 'unknown type "new"')):
        with pytest.raises(InputError, match="would have new findings") as error:
            write_table(found, row, below, FILE, table.with_name("c.json"), is_calibrated=False)
        assert said in error.value.message
    assert table.read_text() == TABLE


def test_a_change_of_anything_else_is_not_made(table):
    found = opened_table(table)
    row = row_to_write(table, found.table, is_new=False)
    other = msgspec.structs.replace(found, table=msgspec.structs.replace(found.table, purpose="x"))
    with pytest.raises(InputError, match="without changing something else"):
        write_table(other, row, 0.9, FILE, table.with_name("c.json"), is_calibrated=False)
    assert table.read_text() == TABLE


def test_what_cannot_be_written_is_said_and_leaves_nothing(tmp_path):
    with pytest.raises(InputError, match="cannot be written"):
        write_calibration(tmp_path / "missing" / "c.json", FILE)
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        replaced(tmp_path / "folder", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_types_written_before_give_way_to_those_of_now(table, past):
    table.write_text(changed("below: 0.72", "below: {card_lost: 0.9, else: 0.7}", TABLE))
    columns = msgspec.structs.replace(COLUMNS, type="kind")
    report = calibrated(table, past, columns=columns, by_type=True, max_error=0.1)
    (row,) = [one for one in read(table.read_text()).table.rows if one.kind == "below"]
    assert (row.below, set(row.below_by_type)) == (None, set(TYPES))
    assert row.below_by_type == report.thresholds
