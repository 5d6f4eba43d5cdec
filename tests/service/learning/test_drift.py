"""Whether what was learned still fits: what the decisions that are kept say of it."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from msgspec.structs import replace
from numpy.typing import NDArray

from handraise.core.table.types import Row, Table
from handraise.errors import InputError
from handraise.model import Learned, TableVersion
from handraise.service.learning.drift import DriftReport, Drifts
from tests.store.records import make_record
from tests.support.story import AGENT, MONDAY, Story, begun

story = pytest.fixture(begun)

DIGEST = "d" * 64
LEARNED = Learned(folder="learned", digest=DIGEST, facts={}, reads_text=True, least_rate=1 / 10_001)
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

    def newest(self, agent: str) -> Table:
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
    assert found.sentence.startswith("since about 2026-12-2")
    assert "handraise situations" in found.sentence
    assert found.usual.started_at is None


def test_when_the_usual_moves_it_is_time_to_learn_again(story: Story, table: Table):
    ps = even()
    ps[700:] = 0.02 + 0.98 * ps[700:] ** 2

    kept(story, ps)
    found = reported(story, table)

    assert found.finding == "moved"
    assert found.sentence.endswith("learn again from newer rows")
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


def test_a_table_without_learned_files_has_no_drift(story: Story, table: Table):
    plain = replace(table, known=replace(table.known, learned=None))

    with pytest.raises(InputError, match=f"the table of {AGENT} names no learned files"):
        reported(story, plain)
