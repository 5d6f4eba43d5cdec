"""Confidence from agreement: how many of several samples give the most frequent answer.

A sample that failed or cannot be compared agrees with none and still counts, so what is missing
lowers the confidence and never raises it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from handraise.core.gate.digest import Plainer, proposal_digest
from handraise.core.table.values import sequence, text

LEAST_SAMPLES = 3
"""Fewer cannot outvote one."""

MOST_SAMPLES = 1_000
"""More are a mistake, and comparing all of them would take long."""

Same = Callable[[Any, Any], Any]


class Agreed(Struct, frozen=True, kw_only=True):
    """What several samples agree on.

    Attributes:
        answer: the most frequent one, as it was first given; None where there is no confidence.
        confidence: the share of the samples that give it, in (0, 1]; None for no confidence.
        samples: how many there are, also those that cannot be compared.
        distinct: how many different answers there are among those that can.
    """

    answer: Any
    confidence: float | None
    samples: int
    distinct: int


def agreement_confidence(samples: Any, *, same: Same | None = None) -> Agreed:
    """Return the most frequent of several answers, and the share of the samples that give it.

    n samples can only say n different things: 5 say 0.2, 0.4, 0.6, 0.8 or 1.0, and 5 of 5 is no
    certainty. So many decisions tie, and a threshold can only lie between those steps. Where two
    answers are the most frequent, it is the first, with the share of that one alone.

    Args:
        samples: list or tuple of answers to the same question, 3 to 1,000: texts, which are
            compared without regard to case and spaces, or JSON, which is the same where the gate
            takes it for the same proposal. None, an empty text and what is no JSON agree with none.
        same: whether two answers mean the same; it is asked for each sample and the first of each
            answer found so far, and every sample but None can be compared.

    Returns:
        No confidence for fewer samples, more, none that can be compared, or a `same` that fails.

    Source: self-consistency: Wang et al., ICLR 2023, arXiv:2203.11171, section 3.5; with `same`,
        the grouping of Kuhn, Gal, Farquhar, "Semantic uncertainty", ICLR 2023, section 4.

    Example:
        >>> agreed = agreement_confidence(["Refund", "refund", "reply", "refund ", None])
        >>> agreed.answer, agreed.confidence, agreed.distinct
        ('Refund', 0.6, 2)
    """
    given = sequence(samples)
    count = 0 if given is None else len(given)
    if given is None or not LEAST_SAMPLES <= count <= MOST_SAMPLES:
        return Agreed(answer=None, confidence=None, samples=count, distinct=0)
    try:
        groups = _alike(given) if same is None else _same(given, same)
    except Exception:  # noqa: BLE001 - what cannot be compared agrees with nothing
        groups = []
    if not groups:
        return Agreed(answer=None, confidence=None, samples=count, distinct=0)
    answer, most = max(groups, key=lambda group: group[1])
    return Agreed(answer=answer, confidence=most / count, samples=count, distinct=len(groups))


def _alike(samples: list[Any] | tuple[Any, ...]) -> list[tuple[Any, int]]:
    """Return each answer as it was first given, with how many give it."""
    first: dict[str, Any] = {}
    counts: dict[str, int] = {}
    for sample in samples:
        key = _key(sample)
        if key is not None:
            first.setdefault(key, sample)
            counts[key] = counts.get(key, 0) + 1
    return [(first[key], count) for key, count in counts.items()]


def _same(samples: list[Any] | tuple[Any, ...], same: Same) -> list[tuple[Any, int]]:
    first: list[Any] = []
    counts: list[int] = []
    for sample in samples:
        if sample is None:
            continue
        place = next((at for at, other in enumerate(first) if same(other, sample)), len(first))
        if place == len(first):
            first.append(sample)
            counts.append(0)
        counts[place] += 1
    return list(zip(first, counts, strict=True))


def _key(sample: Any) -> str | None:
    """Return what two samples that agree have in common; None for one that agrees with none."""
    written = text(sample)
    if written is not None:
        return " ".join(written.casefold().split()) or None
    plainer = Plainer()
    plain = plainer.plain(sample, "sample")
    return None if plain is None or plainer.notes else f"\n{proposal_digest(None, plain)}"
