"""Two tables by their text alone: nothing is looked for, and nothing is thought to be known."""

from __future__ import annotations

from pathlib import Path

import pytest

from handraise.errors import InputError, TableError
from handraise.service.reading.by_text import CALIBRATED, NOTES, OTHER, open_texts
from tests.support.support_table import TABLE, changed

LEARNED = changed("[refund_request, card_lost, change_address]", "known/")


def texts(folder: Path, older: str, newer: str) -> tuple[Path, Path]:
    for name, text in (("old.yaml", older), ("new.yaml", newer)):
        (folder / name).write_text(text, "utf-8")
    return folder / "old.yaml", folder / "new.yaml"


def test_the_known_types_are_those_that_either_text_names_and_another(tmp_path: Path) -> None:
    newer = changed("below: 0.72", "below: {refund_request: 0.8, else: 0.72}", LEARNED)
    newer = changed("- {severity", "- {when: 'type == \"a\" or reason in [\"fraud\"]', to: owner}\n    - {severity", newer)  # fmt: skip
    newer += "claims: [{name: c, when: 'type != \"b\"', unreachable: owner}]\n"
    first, second, notes = open_texts(*texts(tmp_path, LEARNED, newer))
    assert first.known.types == second.known.types
    assert set(second.known.types) == {OTHER, "card_lost", "refund_request", "a", "b", "fraud"}
    assert notes == NOTES


def test_a_table_that_lists_its_types_keeps_its_own(tmp_path: Path) -> None:
    first, second, _ = open_texts(*texts(tmp_path, TABLE, LEARNED))
    assert first.known.types == ("card_lost", "change_address", "refund_request")
    assert OTHER in second.known.types


def test_files_calendars_and_rates_are_not_looked_for(tmp_path: Path) -> None:
    text = changed("known/", "{file: none.csv, column: kind}", LEARNED)
    text = changed('hours: "Mon-Fri 09:00-17:00"', "hours: {calendar: none.ics}", text)
    open_texts(*texts(tmp_path, text, text))
    rated = changed("- {unknown: type", "- {unfamiliar: 1%, to: finance}\n    - {unknown: type", LEARNED)  # fmt: skip
    first, _, _ = open_texts(*texts(tmp_path, rated, rated))
    assert [row.kind for row in first.unfamiliar_rows] == ["unfamiliar"]


def test_a_calibration_is_the_same_in_both_or_the_texts_are_refused(tmp_path: Path) -> None:
    text = changed("several: every", "several: every\nconfidence: calibrated", LEARNED)
    _, _, notes = open_texts(*texts(tmp_path, text, text))
    assert notes[-1] == CALIBRATED
    with pytest.raises(InputError, match="only one of the two reads a calibrated confidence"):
        open_texts(*texts(tmp_path, LEARNED, text))


@pytest.mark.parametrize(
    "text",
    [
        changed("owner: priya", "owner: pria"),
        changed("abs(revenue_usd) > 5000", "abs(revenue_usd >"),
        "- a list",
        "a: [",
    ],
)
def test_a_text_that_is_no_table_has_its_findings(tmp_path: Path, text: str) -> None:
    with pytest.raises(TableError):
        open_texts(*texts(tmp_path, text, LEARNED))
    with pytest.raises(InputError):
        open_texts(tmp_path / "none.yaml", tmp_path / "old.yaml")
