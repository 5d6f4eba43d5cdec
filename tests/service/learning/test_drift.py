"""Whether what was learned still fits: what the decisions that are kept say of it."""

from __future__ import annotations

import re
from datetime import timedelta

import numpy as np
import pytest
from msgspec.structs import replace
from numpy.typing import NDArray

from handraise.core.familiar.rates import least_rate
from handraise.core.table.types import Row, Table
from handraise.errors import InputError
from handraise.model import Learned, TableVersion
from handraise.service.learning.drift import DriftReport, Drifts
from tests.store.records import make_record
from tests.support.story import AGENT, MONDAY, Story, begun

story = pytest.fixture(begun)

DIGEST = "d" * 64
LEARNED = Learned(folder="learned", digest=DIGEST, facts={}, reads_text=True, least_rate=3 / 10_001)
LOOKING = Row(
    id="novelty.2",
    condition="novelty",
    kind="unfamiliar",
    to="support_supervisor",
    unfamiliar=0.02,
)


class OneTable:
    """A shelf with one table on it."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def current(self, agent: str) -> Table:
        """Return the table."""
        return self._table


@pytest.fixture
def table(story: Story) -> Table:
    made = story.operation.shelf.newest(AGENT)
    return replace(
        made, known=replace(made.known, learned=LEARNED), rows=(*made.rows, LOOKING), version="v1"
    )


def kept(story: Story, ps: NDArray[np.float64], version: str = "v1", digest: str = DIGEST) -> None:
    """Keep a decision an hour, each as usual as its p-value says."""
    store = story.operation.store
    store.register_table(
        TableVersion(
            agent=AGENT,
            version=version,
            source="handraise.yaml",
            text="",
            registered_at=MONDAY,
            learned=replace(LEARNED, digest=digest),
        )
    )
    store.record_decisions(
        [
            make_record(
                version=version, familiarity=float(p), decided_at=MONDAY + timedelta(hours=at)
            )
            for at, p in enumerate(ps)
        ]
    )


def reported(story: Story, table: Table, **fields: object) -> DriftReport:
    drifts = Drifts(story.operation.store, OneTable(table))  # type: ignore[arg-type]
    return drifts.report(AGENT, **fields)  # type: ignore[arg-type]


def even(count: int = 1500, seed: int = 1) -> NDArray[np.float64]:
    return np.random.default_rng(seed).uniform(1e-4, 1, size=count)


def test_as_long_as_all_is_familiar_there_is_no_drift(story: Story, table: Table):
    kept(story, even())

    found = reported(story, table)

    assert (found.finding, found.rate) == ("none", 0.02)
    assert found.sentence.startswith("no drift can be seen in 1,500 decisions; ")
    share = re.search(
        r"; (\d+) of 1,500 decisions \(\d\.\d%\) were as unusual as 2 in 100 ", found.sentence
    )
    assert share is not None
    assert int(share[1]) == found.excess.unusual == 1500 - found.usual.count
    assert found.everything.count == 1500
    assert found.usual.count < 1500
    assert len(found.everything.blocks) == 9
    assert sum(block.count for block in found.everything.blocks) == 1500


def test_new_situations_leave_the_usual_as_it_was(story: Story, table: Table):
    ps = even()
    ps[700::4] *= 0.02

    kept(story, ps)
    found = reported(story, table)

    assert found.finding == "new"
    assert re.search(
        r"^\d+ of 1,500 decisions \(1\d\.\d%\) were as unusual as 2 in 100 familiar ones are:"
        r" new kinds of requests are coming in, since about 2026-1\d-\d\d; ",
        found.sentence,
    )
    assert "handraise situations" in found.sentence
    assert found.usual.started_at is None


def test_few_held_out_rows_do_not_hide_six_times_as_many_stops_as_promised(
    story: Story, table: Table
):
    ps = even(360)
    ps[::8] = 0.015

    kept(story, ps)
    few = replace(table.known.learned, least_rate=least_rate(181))
    found = reported(story, replace(table, known=replace(table.known, learned=few)))

    assert found.finding == "new"
    assert found.everything.started_at is None
    assert found.excess is not None
    assert found.excess.share > 0.125
    assert "new kinds of requests are coming in" in found.sentence


def test_what_is_new_but_not_stopped_shows_over_all(story: Story, table: Table):
    ps = even(3000, 2)
    ps[1500::8] *= 0.03

    kept(story, ps)
    strict = replace(LOOKING, unfamiliar=0.001)
    found = reported(story, replace(table, rows=(*table.rows[:-1], strict)))

    assert found.finding == "new"
    assert found.excess is not None
    assert found.excess.started_at is None
    assert found.sentence.startswith("since about 2027-0")
    assert "new situations; " in found.sentence
    assert "were as unusual as 0.1 in 100 familiar ones are; `handraise" in found.sentence


def test_one_unusual_decision_is_told_as_one(story: Story, table: Table):
    kept(story, np.array([0.01, 0.5]))

    told = reported(story, table).sentence

    assert "; 1 of 2 decisions (50.0%) was as unusual as 2 in 100 familiar ones are, " in told


def test_when_the_usual_moves_it_is_time_to_learn_again(story: Story, table: Table):
    ps = even()
    ps[700:] = 0.02 + 0.98 * ps[700:] ** 2

    kept(story, ps)
    found = reported(story, table)

    assert found.finding == "moved"
    assert found.sentence.endswith("as 2 in 100 familiar ones are; learn again from newer rows")
    assert found.usual.started_at is not None


def test_what_was_held_against_other_files_does_not_count(story: Story, table: Table):
    kept(story, even() / 50, version="v0", digest="e" * 64)
    kept(story, even(200))

    found = reported(story, table)

    assert (found.finding, found.everything.count) == ("none", 200)
    later = reported(story, table, since=MONDAY + timedelta(hours=150))
    assert later.everything.count == 50


def test_before_the_first_decision_there_is_nothing_to_say(story: Story, table: Table):
    found = reported(story, table)

    assert found.finding == "nothing"
    assert "yet" in found.sentence


def test_without_a_row_that_looks_there_is_one_figure(story: Story, table: Table):
    kept(story, even(200))

    found = reported(story, replace(table, rows=table.rows[:-1]))

    assert found.rate == 0
    assert found.usual == found.everything
    assert found.excess is None
    assert found.sentence.startswith("no drift can be seen in 200 decisions; with these held-out")


def test_without_a_row_that_looks_new_situations_show_over_all(story: Story, table: Table):
    ps = even()
    ps[700::4] *= 0.02
    kept(story, ps)

    found = reported(story, replace(table, rows=table.rows[:-1]))

    assert found.finding == "moved"


def test_a_table_without_learned_files_has_no_drift(story: Story, table: Table):
    plain = replace(table, known=replace(table.known, learned=None))

    with pytest.raises(InputError, match=f"the table of {AGENT} names no learned files"):
        reported(story, plain)
