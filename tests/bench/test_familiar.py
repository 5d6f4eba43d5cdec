"""What is measured of the familiar is what is said of it; how good it is, is nobody's test."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from bench.familiar import cost, growth, known_types, requests, splits, tables
from bench.familiar.asking import Cost, Told, auroc
from bench.familiar.known_types import Scored, scored
from bench.familiar.requests import ASKED, Case, held_against
from bench.familiar.sources import Labelled, Requests, demo, grown

TYPES = 11
COST = Cost(
    rows=10,
    fitted=8,
    learn_s=59.0,
    elapsed_s=59.0,
    files_mb=40.5,
    learn_mb=100.0,
    load_s=0.1,
    p50_s=0.0016,
    p95_s=0.002,
    batch_s=0.001,
)
TOLD = Told(
    auroc=0.96, caught=0.79, came_out=(0.01, 0.02, 0.061, 0.1), promised=(0.04, 0.06), forecast=0.5
)


@pytest.fixture(scope="module")
def few() -> Requests:
    """A few types of the demo's requests; what is asked about stands for what is held out too."""
    there = demo()
    types = sorted({one.type for one in there.fitted})[:TYPES]
    fitted, familiar = (
        [one for one in rows if one.type in types] for rows in (there.fitted, there.familiar)
    )
    return Requests(fitted, [], familiar, there.foreign[:40])


def held_out(few: Requests) -> Requests:
    return few._replace(held_out=few.familiar)


def test_a_foreign_one_that_scores_higher_counts_and_a_tie_counts_half() -> None:
    assert auroc(np.array([1.0, 2.0]), np.array([2.0, 3.0])) == 3.5 / 4


def test_grown_rows_begin_with_the_rows_themselves() -> None:
    rows = [Labelled(f"{word} two three four five", "a") for word in ("one", "six")]
    assert grown(rows, 1) == rows[:1]
    many = grown(rows, 6)
    assert many[:2] == rows
    assert len(many) == 6
    assert many == grown(rows, 6)
    assert set(many[2].text.split()) <= set(rows[0].text.split())


def test_the_demos_last_requests_of_each_type_are_asked_about() -> None:
    there = demo()
    assert {one.type for one in there.fitted} == {one.type for one in there.familiar}
    assert len(there.fitted) == 4 * len(there.familiar) - 56
    assert not {one.type for one in there.foreign} & {one.type for one in there.fitted}


def test_what_was_asked_for_and_does_not_hold_is_said() -> None:
    assert held_against(ASKED["words"], COST, TOLD) == (
        "0.960",
        "0.790, **no**",
        "6.1%, **no**",
        "59 s",
        "1.6 ms, **no**",
        "40.5 MB, **no**",
    )
    text = held_against(ASKED["text"], COST, TOLD)
    assert text[0] == "0.960, **no**"
    assert text[4] == "1.6 ms"


def test_new_is_one_type_more() -> None:
    found = scored(["a", "a", "b", ""], ["a", "b", "b", ""])
    assert found == Scored(0.75, (2 / 3 + 2 / 3 + 1) / 3)


def test_requests_are_learned_and_asked_in_a_process_of_their_own(few: Requests) -> None:
    told, took, asked = requests.figures([Case("a few", few, "words")])
    assert told.rows[0][0] == "a few; `words`"
    assert 0.5 < float(told.rows[0][1]) <= 1.0
    assert took.rows[0][1] == str(50 * TYPES)
    assert [row[0] for row in asked.rows[2:]] == ["a few; `words`"]
    assert all(len(row) == len(part.head) for part in (told, took, asked) for row in part.rows)


def test_growth_has_a_row_for_each_size(few: Requests) -> None:
    found = growth.figures(few, [400], ["words"])
    assert [row[0] for row in found.rows] == ["400 rows; `words`"]
    assert found.rows[0][1] == "319"


def test_some_types_are_known_and_the_others_are_new(few: Requests) -> None:
    with_foreign, without = known_types.asked(held_out(few), 0.5, seed=0, encode=None)
    assert 0.3 < without.accuracy <= 1.0
    assert with_foreign != without


def test_rates_are_read_off_each_division(few: Requests) -> None:
    there = held_out(few)
    there = there._replace(held_out=there.fitted[::4], fitted=there.fitted[1::4])
    familiar, foreign = splits.divided_often(there, "words", held_out=60, splits=2)
    assert familiar.shape == foreign.shape == (2, 4)
    assert (np.diff(familiar, axis=1) >= 0).all()
    assert foreign[:, 2].mean() > familiar[:, 2].mean()


def test_an_unfamiliar_row_is_compared_with_its_absence(few: Requests) -> None:
    found = cost.part(few, ["words"], rounds=1)
    assert [line.ratio is not None for line in found.lines] == [True, True]
    assert found.lines[0].took_s > found.lines[0].other_s


def written(folder: Path) -> Path:
    """Write a small table in which the odd rows lie far out in one column."""
    chance = np.random.default_rng(0)
    normal, odd = chance.normal(size=(400, 3)), chance.normal(size=(40, 3))
    odd[:, 0] += 6.0
    path = folder / "1_small.npz"
    np.savez(path, X=np.vstack([normal, odd]), y=np.repeat([0, 1], [400, 40]))
    return path


def test_tables_are_divided_so_that_no_odd_row_is_learned(tmp_path: Path) -> None:
    rows = tables.divided(written(tmp_path), seed=0)
    sizes = [len(one) for one in (rows.fitted, rows.members, rows.whole, rows.asked)]
    assert sizes == [200, 40, 40, 160]
    assert rows.is_odd.sum() == 40
    assert rows.fitted[:, 0].max() < 5 < rows.asked[rows.is_odd][:, 0].max()


def test_odd_rows_score_higher_by_ours_and_by_another(tmp_path: Path) -> None:
    def far(learned: tables.Floats, asked: tables.Floats) -> tables.Floats:
        return np.abs(asked - learned.mean(axis=0)).max(axis=1)

    found = tables.figures([written(tmp_path)], [0, 1], {"far": far})
    names = [row[0] for row in found.rows]
    assert names[:3] == ["Handraise", "far", "far, with the held-out rows"]
    assert all(float(row[1]) > 0.98 for row in found.rows[:3])
    assert found.head == ("", "small", "mean")


@pytest.mark.skipif(find_spec("pyod") is None, reason="PyOD is not installed: make bench-familiar")
def test_pyods_detectors_tell_the_odd_rows(tmp_path: Path) -> None:
    found = tables.figures([written(tmp_path)], [0], tables.pyod_detectors())
    assert len(found.rows) == 1 + 2 * 4 + 2
    assert [row[0] for row in found.rows[:9] if float(row[1]) < 0.7] == []
