"""Fitting all there is to learn, and reading off held-out rows what is usual."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from threadpoolctl import threadpool_limits

from handraise.core.familiar.facts import Facts
from handraise.core.familiar.grams import words_of
from handraise.core.familiar.letters import BUCKETS, Letters, groups_of, scripts_of
from handraise.core.familiar.look import Asked
from handraise.core.familiar.model import CHECKS, Encode, HeldOut, Model, looked
from handraise.core.familiar.signs import learned_signs, signs_in
from handraise.core.familiar.together import Together, columns_of
from handraise.errors import InputError
from handraise.service.learning.fitting.wording_fit import Texts, fit_wording

CHUNK = 500
MAX_LENGTHS = 20_000

Step = Callable[[str], None]
"""Told what is being done, for people who wait."""


class Rows(Struct, frozen=True):
    """Labelled rows of one part.

    Attributes:
        asked: the rows as decisions: each has its type, a text where texts are learned, its facts.
        numbers: each one's row in the labelled rows, 1-based.
    """

    asked: tuple[Asked, ...]
    numbers: tuple[int, ...]


class Parts(Struct, frozen=True):
    """Labelled rows: those to fit on, and the two kinds that are held out.

    Attributes:
        fit: what is fitted on.
        members: held out for each check.
        whole: held out for all checks together.
        reads_text: whether the rows have texts.
        named: the types that are there only because people named what was new.
    """

    fit: Rows
    members: Rows
    whole: Rows
    reads_text: bool
    named: frozenset[str] = frozenset()


class Fitted(Struct, frozen=True):
    """What fitting found.

    Attributes:
        model: what was learned.
        held_out: what is usual.
    """

    model: Model
    held_out: HeldOut


def fit(
    parts: Parts,
    facts: Facts | None,
    encode: Encode | None = None,
    *,
    keep_texts: bool = False,
    step: Step = lambda _: None,
) -> Fitted:
    """Return what there is to learn of labelled rows; the same rows give the same.

    Args:
        parts: the rows; in each part at least one.
        facts: what was counted of their facts; None where there are none.
        encode: the encoder; None for words alone.
        keep_texts: whether fitted texts are kept, to be shown as the nearest ones.
        step: told what is being done.

    Raises:
        CannotLookError: the encoder fails, or a row has an empty text.
        InputError: a part has no rows, or they have neither texts nor facts.
    """
    if not (parts.fit.asked and parts.members.asked and parts.whole.asked):
        raise InputError(
            "there are too few rows to fit some and hold out others", "bring more rows"
        )
    types = tuple(sorted({str(one.type) for one in parts.fit.asked}))
    wording = letters = None
    if parts.reads_text:
        texts = _texts(parts.fit, types, encode, step)
        step("what tells the types apart")
        # Threads gain little here, and on a busy machine mostly wait for each other.
        with threadpool_limits(1):
            wording = fit_wording(texts, keep_texts=keep_texts)
        letters = fit_letters(texts.texts)
    model = Model(types, wording, letters, _with_held_out(facts, parts.members), parts.named)
    step("what is usual")
    return Fitted(model, hold_out(model, parts.members, parts.whole, encode))


def _texts(rows: Rows, types: tuple[str, ...], encode: Encode | None, step: Step) -> Texts:
    places = {type: at for at, type in enumerate(types)}
    texts = tuple(one.text or "" for one in rows.asked)
    vectors = None
    if encode is not None:
        step("the wording of requests")
        vectors = np.vstack([encode(texts[at : at + CHUNK]) for at in range(0, len(texts), CHUNK)])
    return Texts(
        texts,
        np.array([places[str(one.type)] for one in rows.asked], dtype=np.int32),
        np.array(rows.numbers, dtype=np.int64),
        vectors,
    )


def fit_letters(texts: Sequence[str]) -> Letters:
    """Return what there is to learn of the letters and lengths of some requests."""
    counts = np.zeros(BUCKETS)
    scripts: Counter[str] = Counter()
    for text in texts:
        groups = [group for word in words_of(text) for group in groups_of(word)]
        np.add.at(counts, np.array(groups, dtype=np.int64), 1.0)
        scripts.update(scripts_of(text))
    surprise = -np.log((counts + 0.1) / (counts.sum() + 0.1 * BUCKETS))
    letters = max(scripts.total(), 1)
    lengths = np.sort([float(len(text)) for text in texts[:MAX_LENGTHS]])
    return Letters(
        surprise.astype(np.float32),
        counts > 0,
        lengths,
        {script: count / letters for script, count in scripts.items()},
        learned_signs(map(signs_in, texts), float(counts.sum()) + 0.1 * BUCKETS),
    )


def _with_held_out(facts: Facts | None, rows: Rows) -> Facts | None:
    """Return the facts with what is usual for all numbers together."""
    if facts is None or facts.together is None:
        return facts
    values = columns_of([one.facts for one in rows.asked], facts.together.facts)
    if not len(values):
        return replace(facts, together=None)
    looks = np.sort(facts.together.looks(values).T, axis=1)
    there = facts.together
    return replace(facts, together=Together(there.facts, there.rows, looks))


def names_of(model: Model) -> tuple[str, ...]:
    """Return the checks that have something to look at."""
    there = set() if model.wording is None else {"wording", "letters", "length"}
    there |= {"type"} if model.wording is not None and model.wording.tells_types else set()
    facts = model.facts
    if facts is not None:
        there |= {"missing"} if facts.missing else set()
        there |= {"value"} if facts.values else set()
        there |= {"pair"} if facts.pairs else set()
        there |= {"number"} if facts.numbers else set()
        there |= (
            {"number_for_type"} if any(one.by_type for one in facts.numbers.values()) else set()
        )
        there |= {"together"} if facts.together is not None else set()
    return tuple(name for name in CHECKS if name in there)


def hold_out(model: Model, members: Rows, whole: Rows, encode: Encode | None) -> HeldOut:
    """Return what is usual: read off rows that nothing was fitted on.

    Raises:
        InputError: there is nothing to look at.
    """
    names = names_of(model)
    if not names:
        raise InputError("there is nothing to learn", "the rows need texts or facts")
    chunks = [(one, model.features(one, encode)) for one in _chunks(members)]
    scores = np.vstack([model.member_scores(features, len(one)) for one, features in chunks])
    bare = HeldOut(np.sort(scores.T, axis=1), np.zeros((0, 0)), names, np.zeros(0))
    sums = bare.member_sums(scores) if model.wording is not None else np.zeros(len(scores))
    of_chunks = np.split(sums, np.cumsum([len(one) for one, _ in chunks])[:-1])
    checks = [
        model.scores(one, names, of_chunk, features)
        for (one, features), of_chunk in zip(chunks, of_chunks, strict=True)
    ]
    almost = replace(bare, checks=np.sort(np.vstack(checks).T, axis=1))
    found = np.vstack([looked(model, almost, one, encode).scores for one in _chunks(whole)])
    return replace(almost, whole=np.sort(almost.weighed(found).sum(axis=1)))


def _chunks(rows: Rows) -> list[tuple[Asked, ...]]:
    return [rows.asked[at : at + CHUNK] for at in range(0, len(rows.asked), CHUNK)]
