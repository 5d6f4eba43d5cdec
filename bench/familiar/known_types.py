"""Some types known, the others not: are requests given their type, and the others called new?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from bench.familiar.apart import apart
from bench.familiar.requests import ENCODERS
from bench.familiar.sources import Labelled, Requests, clinc
from bench.report import Figures
from handraise.core.familiar.look import Asked
from handraise.core.familiar.model import Encode, judged
from handraise.core.familiar.wording import Energy, Features, Margins, Neighbours
from handraise.service.learning.encoders import open_encoder, parse_encoder
from handraise.service.learning.fitting.fit import Fitted, Parts, Rows, fit

SHARES = (0.25, 0.50, 0.75)
SEEDS = (0, 1, 2)
RATE = 0.10
NEW = ""
"""What stands for the types that are not known, and for requests of none."""

TITLE = "What is familiar: some types known"
ABOUT = """\
A quarter, half and three quarters of CLINC150's types are known, drawn by three seeds. Their
training rows are learned and their validation rows held out; the tests of all 150 types are asked,
with the 1,000 requests of none and without them. What `unfamiliar: 10%` stops is called new, the
rest is given the type that has the most evidence. Accuracy and macro-F1 over the known types and
new, means of the seeds. The published figures are of BERT, tuned on the known types of this data
set on a GPU, other draws of the types; the table they come from has all labels used."""

PUBLISHED: Mapping[str, tuple[str, ...]] = {
    "ADB (Zhang et al. 2021), by TEXTOIR": ("88.2", "78.1", "86.5", "85.1", "87.0", "89.0"),
    "DA-ADB (Zhang et al. 2023), by TEXTOIR": ("89.5", "80.0", "88.0", "85.6", "87.5", "88.5"),
}


class Vectors:
    """An encoder that was asked once about each text of a data set."""

    def __init__(self, texts: Sequence[str], encoder: str) -> None:
        """Encode the texts."""
        vectors = open_encoder(parse_encoder(encoder)).encode(texts)
        self._vectors = dict(zip(texts, vectors, strict=True))

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of some of the texts."""
        return np.stack([self._vectors[text] for text in texts])


class Scored(Struct, frozen=True):
    """How many requests were given their type, or were new and called so."""

    accuracy: float
    macro_f1: float


def run() -> Iterator[Figures]:
    """Yield the one part."""
    yield figures(clinc(), ENCODERS)


def figures(requests: Requests, encoders: Sequence[str]) -> Figures:
    """Return how well requests are given their type or called new, for each encoder."""
    rows = []
    for encoder in encoders:
        found = apart(asked_often, requests, encoder)
        for place, which in enumerate(("", ", without the requests of none")):
            cells = [_mean([one[place] for one in of_seeds]) for of_seeds in found]
            rows.append((f"`{encoder}`{which}", *(cell for pair in cells for cell in pair)))
    return Figures(
        title=TITLE,
        about=ABOUT,
        head=("", *(f"{share:.0%} {what}" for share in SHARES for what in ("acc.", "F1"))),
        rows=(*rows, *((name, *cells) for name, cells in PUBLISHED.items())),
    )


def asked_often(requests: Requests, encoder: str) -> list[list[tuple[Scored, Scored]]]:
    """Return for each share of the types, and each seed, how well they are told."""
    encode = encode_once(requests, encoder)
    return [[asked(requests, share, seed, encode) for seed in SEEDS] for share in SHARES]


def encode_once(requests: Requests, encoder: str) -> Encode | None:
    """Return an encoder that has read each request already; None for words."""
    if encoder == "words":
        return None
    return Vectors([one.text for part in requests for one in part], encoder)


def asked(
    requests: Requests, share: float, seed: int, encode: Encode | None
) -> tuple[Scored, Scored]:
    """Return how well a share of the types is told, with the foreign requests and without."""
    types = sorted({one.type for one in requests.fitted})
    chance = np.random.default_rng(seed)
    count = round(share * len(types))
    known = {types[at] for at in chance.permutation(len(types))[:count]}
    held_out = _of(requests.held_out, known)
    parts = Parts(_rows(_of(requests.fitted, known)), *_halves(held_out), True)
    fitted = fit(parts, None, encode)
    truth = [one.type if one.type in known else NEW for one in requests.familiar]
    truth += [NEW] * len(requests.foreign)
    given = _given(fitted, [*requests.familiar, *requests.foreign], encode)
    inside = len(requests.familiar)
    return scored(truth, given), scored(truth[:inside], given[:inside])


def scored(truth: Sequence[str], given: Sequence[str]) -> Scored:
    """Return accuracy and macro-F1 over the types that there are."""
    is_type, got = np.array(truth), np.array(given)
    each = []
    for type in np.unique(is_type):
        right = float(np.sum((is_type == type) & (got == type)))
        each.append(2 * right / float(np.sum(is_type == type) + np.sum(got == type)))
    return Scored(float(np.mean(is_type == got)), float(np.mean(each)))


def _given(fitted: Fitted, rows: Sequence[Labelled], encode: Encode | None) -> list[str]:
    found: list[str] = []
    for at in range(0, len(rows), 500):
        some = [Asked(one.text, None, {}) for one in rows[at : at + 500]]
        judgement = judged(fitted.model, fitted.held_out, some, encode)
        assert judgement.features is not None
        places = likeliest(fitted, judgement.features)
        found += [
            NEW if p <= RATE else fitted.model.types[place]
            for p, place in zip(judgement.p, places, strict=True)
        ]
    return found


def likeliest(fitted: Fitted, features: Features) -> list[int]:
    """Return the place of the type with the most evidence for each request.

    Evidence is that of all encoder spaces together, else the margin, else the nearest neighbour.
    """
    wording = fitted.model.wording
    assert wording is not None
    evidence = [
        features.spaces[one.space] @ one.weights + one.bias
        for one in wording.members
        if isinstance(one, Energy)
    ]
    if evidence:
        return np.sum(evidence, axis=0).argmax(axis=1).tolist()
    for one in wording.members:
        if isinstance(one, Margins):
            rows = features.entries
            return [int((one.weights.times(row) + one.bias).argmax()) for row in rows]
    look = next(one for one in wording.members if isinstance(one, Neighbours))
    return wording.types[(look.placed(features) @ look.seen.T).argmax(axis=1)].tolist()


def _of(rows: Sequence[Labelled], types: set[str]) -> list[Labelled]:
    return [one for one in rows if one.type in types]


def _rows(rows: Sequence[Labelled]) -> Rows:
    asked = tuple(Asked(one.text, one.type, {}) for one in rows)
    return Rows(asked, tuple(range(1, len(asked) + 1)))


def _halves(rows: Sequence[Labelled]) -> tuple[Rows, Rows]:
    return _rows(rows[::2]), _rows(rows[1::2])


def _mean(found: Sequence[Scored]) -> tuple[str, str]:
    return (
        f"{100 * np.mean([one.accuracy for one in found]):.1f}",
        f"{100 * np.mean([one.macro_f1 for one in found]):.1f}",
    )
