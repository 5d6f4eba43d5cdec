"""The calibration file is read strictly: what is not as it was written is refused."""

import os
from pathlib import Path

import msgspec
import pytest

from handraise.core.confidence.mapping import CalibrationMap
from handraise.errors import InputError, TableError
from handraise.service.calibrating.writing import write_calibration
from handraise.service.reading.calibration import (
    MAX_BYTES,
    calibration_of,
    digest_of,
    read_calibration,
    read_file,
)
from handraise.service.reading.tables import open_table, read_table
from tests.support.calibrated import CALIBRATED_TABLE, FILE, MAP, PROMISE
from tests.support.support_table import TABLE


@pytest.fixture
def place(tmp_path: Path) -> Path:
    path = tmp_path / "calibration.json"
    write_calibration(path, FILE)
    return path


def rewritten(place, **fields):
    """Write the file as somebody would who edits it by hand."""
    content = msgspec.json.decode(place.read_bytes()) | fields
    place.write_bytes(msgspec.json.encode(content))


def refused(place):
    with pytest.raises(InputError) as error:
        read_calibration(place)
    return error.value


def test_what_was_written_is_read_again(place):
    found = read_file(place)
    assert msgspec.structs.replace(found, digest="") == FILE
    calibration = read_calibration(place)
    assert (calibration.map, calibration.labels) == (MAP, 4_000)
    assert calibration.digest == found.digest == digest_of(FILE)


def test_when_and_by_what_it_was_made_is_no_part_of_its_meaning():
    replace = msgspec.structs.replace
    assert digest_of(replace(FILE, made_at="later", made_with="9")) == digest_of(FILE)
    others = [
        replace(FILE, map=CalibrationMap("platt", ((0.0, 0.0), (0.9, 0.61), (1.0, 0.9)))),
        replace(FILE, overall=replace(PROMISE, threshold=0.8)),
        replace(FILE, sure=0.9),
        replace(FILE, labels=3_999),
        replace(FILE, by_type={"refund": PROMISE}),
        replace(FILE, columns={}),
    ]
    assert len({digest_of(one) for one in (FILE, *others)}) == 7


@pytest.mark.parametrize(
    "fields",
    [{"labels": 9}, {"sure": 0.99}, {"map": {"kind": "beta", "knots": [[0, 0], [1, 1]]}}, {"digest": "0" * 64}],
)  # fmt: skip
def test_an_edited_file_is_refused(place, fields):
    rewritten(place, **fields)
    assert refused(place).message == f"{place}: was edited: its digest does not fit"
    assert refused(place).hint == "run `handraise calibrate` again"


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff\xfe", b'{"handraise_calibration": 1}', b"[" * 5_000, b'{"a": NaN}'],
    ids=range(7),
)
def test_a_damaged_or_foreign_file_is_refused(place, content):
    place.write_bytes(content)
    assert refused(place).message == f"{place}: is damaged, or no calibration"


def test_a_field_that_it_does_not_know_is_refused(place):
    rewritten(place, more=1)
    assert "is damaged, or no calibration" in refused(place).message


def test_another_form_is_refused(place):
    rewritten(place, handraise_calibration=2)
    assert refused(place).message.endswith("has form 2; this release reads form 1")


def test_a_map_that_falls_is_refused_also_with_a_digest_that_fits(place):
    falling = CalibrationMap("platt", ((0.0, 0.5), (1.0, 0.4)))
    write_calibration(place, msgspec.structs.replace(FILE, map=falling))
    assert "its map cannot be used: knot 2 is not above" in refused(place).message


def test_a_file_without_a_map_calibrates_nothing(place):
    write_calibration(place, msgspec.structs.replace(FILE, map=None))
    assert read_file(place).map is None
    assert refused(place).message == f"{place}: holds no map, so nothing can be calibrated"


def test_a_missing_file_is_said(tmp_path):
    assert refused(tmp_path / "x.json").message.endswith("there is no such calibration")
    assert "cannot be read" in refused(tmp_path / "a\0b").message


def test_a_folder_a_pipe_and_a_large_file_are_refused(place):
    assert "cannot be read (Is a directory)" in refused(place.parent).message
    pipe = place.with_name("pipe")
    os.mkfifo(pipe)
    assert refused(pipe).message == f"{pipe}: is no plain file"
    place.write_bytes(b" " * (MAX_BYTES + 1))
    assert refused(place).message == f"{place}: is too large to be one"


def test_a_table_finds_it_beside_itself(place):
    table = place.with_name("handraise.yaml")
    table.write_text(CALIBRATED_TABLE, "utf-8")
    found, _ = open_table(table)
    assert found.calibration.file == "calibration.json"
    rewritten(place, labels=9)
    (finding,) = read_table(table).errors
    assert (finding.code, finding.path) == ("calibration", "confidence")
    place.unlink()
    with pytest.raises(TableError, match="there is no such calibration"):
        open_table(table)


def test_another_text_and_another_calibration_can_be_tried(place):
    table = place.with_name("handraise.yaml")
    table.write_text(TABLE, "utf-8")
    assert read_table(table).table.calibration is None
    tried = read_table(table, text=CALIBRATED_TABLE).table
    assert tried.calibration.map == MAP
    other = msgspec.structs.replace(tried.calibration, labels=7)
    tried = read_table(table, text=CALIBRATED_TABLE, calibration=lambda _file: other).table
    assert tried.calibration.labels == 7


def test_what_a_store_gives_back_is_looked_at(place):
    plain = msgspec.to_builtins(read_calibration(place))
    assert calibration_of(msgspec.json.decode(msgspec.json.encode(plain))) == read_calibration(
        place
    )
    with pytest.raises(InputError, match="in the store cannot be read"):
        calibration_of(plain | {"map": None})
    with pytest.raises(InputError, match="in the store cannot be used"):
        calibration_of(plain | {"map": {"kind": "platt", "knots": ((0.0, 0.5), (1.0, 0.4))}})
