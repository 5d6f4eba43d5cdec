"""Tables that read a calibrated confidence: what must fit, and how it reads."""

import msgspec
import pytest

from handraise.core.table.digest import version_of
from handraise.core.table.read import read
from handraise.core.table.render import as_html, as_markdown, as_text
from handraise.core.table.spec import json_schema
from handraise.errors import InputError
from tests.support.calibrated import (
    CALIBRATED_TABLE,
    CALIBRATION,
    MAP,
    calibrated_table,
    with_calibration,
)
from tests.support.support_table import TABLE, changed, errors_of, table_of

KEY = "confidence: calibrated\n"


def lines_of(text, **windows):
    return [finding.line_text() for finding in errors_of(text, **windows)]


def test_a_table_may_name_its_calibration():
    asked = []
    reading = read(CALIBRATED_TABLE, calibration=lambda file: asked.append(file) or CALIBRATION)
    assert asked == ["calibration.json"]
    assert reading.table.calibration == with_calibration(file="calibration.json")
    assert reading.table.calibration.map == MAP


def test_a_calibration_may_stand_elsewhere():
    text = changed(KEY, "confidence: {calibrated: learned/sure.json}\n", CALIBRATED_TABLE)
    assert calibrated_table(text).calibration.file == "learned/sure.json"


@pytest.mark.parametrize("text", [TABLE, changed(KEY, "confidence: stated\n", CALIBRATED_TABLE)])
def test_without_it_the_stated_number_is_read(text):
    assert table_of(text).calibration is None
    assert table_of(text).version == table_of(TABLE).version


def test_a_calibration_that_cannot_be_had_is_a_finding_at_the_key():
    def gone(_file):
        raise InputError("there is no such calibration")

    def damaged(_file):
        raise InputError("is damaged", "write it again")

    (line,) = lines_of(CALIBRATED_TABLE, calibration=gone)
    assert line.startswith(
        "t.yaml:35:13: there is no such calibration; `handraise calibrate DATA --table TABLE"
    )
    assert lines_of(CALIBRATED_TABLE, calibration=damaged) == [
        "t.yaml:35:13: is damaged; write it again"
    ]
    assert lines_of(CALIBRATED_TABLE) == ["t.yaml:35:13: a calibration cannot be read here"]
    elsewhere = changed(KEY, "confidence: {calibrated: x.json}\n", CALIBRATED_TABLE)
    assert lines_of(elsewhere) == ["t.yaml:35:26: a calibration cannot be read here"]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("0.72", "t.yaml:35:13: confidence: expected 'stated' or 'calibrated', found 0.72"),
        ("", "t.yaml:36:1: confidence: expected 'stated' or 'calibrated', found None"),
        ("calibrate", "t.yaml:35:13: confidence: expected 'stated' or 'calibrated', found 'calibrate'"),
        ("{calibrated: }", "t.yaml:35:25: confidence.calibrated: expected text, found nothing"),
    ],
)  # fmt: skip
def test_another_form_is_refused(written, said):
    text = changed("confidence: calibrated\n\n", f"confidence: {written}\n", CALIBRATED_TABLE)
    assert lines_of(text) == [said]


def test_a_misspelled_key_offers_the_right_one():
    text = changed(KEY, "confidence: {calibrate: x.json}\n", CALIBRATED_TABLE)
    assert lines_of(text)[-1].endswith('unknown key "calibrate"; did you mean "calibrated"?')


def test_the_digest_of_the_calibration_is_part_of_the_version_and_its_place_is_not():
    usual = calibrated_table()
    assert version_of(usual) == usual.version != table_of(TABLE).version
    elsewhere = changed(KEY, "confidence: {calibrated: x.json}\n", CALIBRATED_TABLE)
    assert calibrated_table(elsewhere).version == usual.version
    assert calibrated_table(calibration=with_calibration(digest="e" * 64)).version != usual.version


def test_a_table_without_a_calibration_keeps_the_version_it_had():
    assert table_of(TABLE).version == "7e31c3cfe8647af3"


def test_it_says_so_on_paper():
    sentence = "Confidence is calibrated (platt, from 4,000 labels)."
    for printed in (as_text, as_html):
        assert sentence in printed(calibrated_table())
        assert "calibrated" not in printed(table_of(TABLE))
    assert "from 4,000 labels" in as_markdown(calibrated_table())


def test_the_schema_knows_the_key():
    found = json_schema()["properties"]["confidence"]
    assert found["default"] == "stated"
    assert found["oneOf"][0]["enum"] == ["stated", "calibrated"]


def test_a_calibration_survives_as_plain_values():
    plain = msgspec.to_builtins(CALIBRATION)
    assert msgspec.convert(msgspec.json.decode(msgspec.json.encode(plain)), type(CALIBRATION)) == (
        CALIBRATION
    )
