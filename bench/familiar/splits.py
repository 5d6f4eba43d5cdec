"""Does the stated rate hold, whichever familiar rows happen to be held out?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from bench.familiar.apart import apart
from bench.familiar.asking import RATES, as_asked
from bench.familiar.known_types import encode_once
from bench.familiar.requests import ENCODERS
from bench.familiar.sources import Labelled, Requests, clinc
from bench.report import Figures
from handraise.core.familiar.model import Encode, HeldOut, Model
from handraise.service.learning.fitting.fit import Fitted, Parts, Rows, fit

SPLITS = 20
HELD_OUT = 3_000

ABOUT = """\
CLINC150's training rows are learned once. Its validation and test rows, 7,500, are divided by
chance 20 times: 3,000 are held out, in two halves, the others asked about. The share that each rate
stops: the mean of the divisions, the least and the most; and the same of the share of the 1,000
foreign requests that it stops."""

Floats = NDArray[np.float64]


class Scores(Struct, frozen=True):
    """Scores of rows that say nothing yet of how usual they are.

    Attributes:
        members: of the looks at the wording, shape (n, members).
        checks: of the checks, that of the wording not yet there, shape (n, checks).
    """

    members: Floats
    checks: Floats


def run() -> Iterator[Figures]:
    """Yield the one part."""
    yield figures(clinc(), ENCODERS, HELD_OUT)


def figures(
    requests: Requests, encoders: Sequence[str], held_out: int, splits: int = SPLITS
) -> Figures:
    """Return how the stated rates come out over many divisions of the familiar rows."""
    rows = []
    for encoder in encoders:
        stopped = apart(divided_often, requests, encoder, held_out, splits)
        for which, found in zip(("familiar", "foreign"), stopped, strict=True):
            rows.append((f"`{encoder}`: {which}", *map(_range, found.T)))
    return Figures(
        title="What is familiar: other divisions of the rows",
        about=ABOUT,
        head=("", *(f"{rate:.0%} asked" for rate in RATES)),
        rows=tuple(rows),
    )


def divided_often(
    requests: Requests, encoder: str, held_out: int, splits: int
) -> tuple[Floats, Floats]:
    """Return the shares stopped of familiar and of foreign requests, each (splits, rates)."""
    encode = encode_once(requests, encoder)
    pool = [*requests.held_out, *requests.familiar]
    fitted = fit(
        Parts(_rows(requests.fitted), _rows(pool[::2]), _rows(pool[1::2]), True), None, encode
    )
    familiar = scored(fitted, pool, encode)
    foreign = scored(fitted, requests.foreign, encode)
    found = []
    for seed in range(splits):
        order = np.random.default_rng(seed).permutation(len(pool))
        members, whole, rest = np.split(order, [held_out // 2, held_out])
        usual = usual_of(fitted.held_out, _some(familiar, members), _some(familiar, whole))
        found.append([_stopped(usual, one) for one in (_some(familiar, rest), foreign)])
    shares = np.array(found)
    return shares[:, 0], shares[:, 1]


def scored(fitted: Fitted, rows: Sequence[Labelled], encode: Encode | None) -> Scores:
    """Return what the members and the checks find in requests."""
    model: Model = fitted.model
    members, checks = [], []
    for at in range(0, len(rows), 500):
        some = as_asked(rows[at : at + 500])
        features = model.features(some, encode)
        members.append(model.member_scores(features, len(some)))
        sums = np.zeros(len(some))
        checks.append(model.scores(some, fitted.held_out.names, sums, features))
    return Scores(np.vstack(members), np.vstack(checks))


def usual_of(names: HeldOut, members: Scores, whole: Scores) -> HeldOut:
    """Return what is usual, read off two halves of held-out rows that are scored already."""
    bare = replace(names, members=np.sort(members.members.T, axis=1))
    almost = replace(bare, checks=np.sort(_with_wording(bare, members).T, axis=1))
    return replace(almost, whole=np.sort(almost.weighed(_with_wording(almost, whole)).sum(axis=1)))


def _with_wording(usual: HeldOut, scores: Scores) -> Floats:
    checks = scores.checks.copy()
    checks[:, usual.names.index("wording")] = usual.member_sums(scores.members)
    return checks


def _stopped(usual: HeldOut, scores: Scores) -> list[float]:
    p = usual.whole_p_values(usual.weighed(_with_wording(usual, scores)))
    return [float(np.mean(p <= rate)) for rate in RATES]


def _some(scores: Scores, places: NDArray[np.int64]) -> Scores:
    return Scores(scores.members[places], scores.checks[places])


def _rows(rows: Sequence[Labelled]) -> Rows:
    return Rows(tuple(as_asked(rows)), tuple(range(1, len(rows) + 1)))


def _range(shares: Floats) -> str:
    return f"{shares.mean():.1%} ({shares.min():.1%} to {shares.max():.1%})"
