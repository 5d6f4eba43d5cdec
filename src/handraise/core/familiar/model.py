"""All that was learned, and one p-value for a whole decision.

Each check has a p-value of its own, from one half of the held-out rows; together they are one score
of which the other half of the held-out rows says how unusual it is. So the false-alarm rate is one,
over all checks: it is not spent again on each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from handraise.core.familiar.conformal import falling_p_values, fisher, harmonic_parts, p_values
from handraise.core.familiar.facts import LOOKS, NOTHING, Facts
from handraise.core.familiar.letters import Letters
from handraise.core.familiar.look import Asked, CannotLookError
from handraise.core.familiar.wording import Features, Wording

Floats = NDArray[np.float64]
Encode = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts to vectors of length 1, shape (m, d); raises `CannotLookError` where it cannot."""

TEXT_CHECKS = ("wording", "type", "letters", "length")
CHECKS = (*TEXT_CHECKS, *LOOKS)

SHARES = {"wording": 0.85, "type": 0.05, "letters": 0.05, "length": 0.05}
"""How the false alarms of a text are shared; each look at the facts has an equal part of theirs."""

UNTRAINED = 1_000.0
"""What is added to the gap where the wording speaks for a type that the agent does not know."""

TEXT_SHARE = 0.6
"""The share of the text where there are facts as well."""


class HeldOut(Struct, frozen=True):
    """What the held-out rows say is usual.

    Attributes:
        members: each wording member's scores, sorted, shape (members, n); without text, (0, n).
        checks: each check's scores, sorted, shape (checks, n); `NOTHING` where a row gave a check
            nothing to look at: such rows say nothing of what is usual for those that do.
        names: the checks, in the order of `CHECKS`.
        whole: scores of all checks together, of other rows, sorted, shape (h,).
    """

    members: Floats
    checks: Floats
    names: tuple[str, ...]
    whole: Floats

    @property
    def weights(self) -> Floats:
        """The share of the false alarms that each check may cause, shape (checks,)."""
        return shares_of(self.names)

    def member_sums(self, scores: Floats) -> Floats:
        """Return one wording score for the members' scores, shape (m, members) to (m,)."""
        columns = [p_values(self.members[at], scores[:, at]) for at in range(scores.shape[1])]
        return fisher(np.stack(columns, axis=1))

    def check_p_values(self, scores: Floats) -> Floats:
        """Return each check's p-value, shape (m, checks) to the same."""
        columns = [p_values(self._seen(at), scores[:, at]) for at in range(scores.shape[1])]
        return np.stack(columns, axis=1)

    def weighed(self, scores: Floats) -> Floats:
        """Return how much each check says against a decision, shape (m, checks) to the same."""
        columns = [falling_p_values(self._seen(at), scores[:, at]) for at in range(scores.shape[1])]
        return harmonic_parts(np.stack(columns, axis=1), self.weights)

    def _seen(self, at: int) -> Floats:
        """Return a check's scores of the rows that gave it something to look at."""
        scores: Floats = self.checks[at]
        return scores[int(np.searchsorted(scores, NOTHING, side="right")) :]

    def whole_p_values(self, weighed: Floats) -> Floats:
        """Return the one p-value of each decision from what all its checks say, shape (m,)."""
        return p_values(self.whole, weighed.sum(axis=1))


def shares_of(names: Sequence[str]) -> Floats:
    """Return how the false alarms are shared among some checks, shape (checks,), summing to 1."""
    of_text = [name for name in names if name in SHARES]
    of_facts = [name for name in names if name not in SHARES]
    text = TEXT_SHARE if of_text and of_facts else float(bool(of_text))
    whole = sum(SHARES[name] for name in of_text)
    return np.array(
        [
            text * SHARES[name] / whole if name in SHARES else (1.0 - text) / len(of_facts)
            for name in names
        ]
    )


class Model(Struct, frozen=True):
    """What was learned, ready to be asked.

    Attributes:
        types: the known types, in the order of places.
        wording: of requests; None where no text was learned.
        letters: of requests; None where no text was learned.
        facts: None where no fact was learned.
        named: the types that people named of what was new; nobody trained the agent on them.
    """

    types: tuple[str, ...]
    wording: Wording | None
    letters: Letters | None
    facts: Facts | None
    named: frozenset[str] = frozenset()

    def features(self, asked: Sequence[Asked], encode: Encode | None) -> Features | None:
        """Return the texts of decisions as the wording members read them; None without wording.

        Raises:
            CannotLookError: a text is missing or empty, or it cannot be encoded.
        """
        if self.wording is None:
            return None
        texts = [_text(one.text) for one in asked]
        return self.wording.features(texts, None if encode is None else encode(texts))

    def member_scores(self, features: Features | None, count: int) -> Floats:
        """Return the scores of the wording members, shape (count, members)."""
        if self.wording is None or features is None:
            return np.zeros((count, 0))
        return self.wording.scores(features)

    def scores(
        self,
        asked: Sequence[Asked],
        names: Sequence[str],
        sums: Floats,
        features: Features | None,
    ) -> Floats:
        """Return the score of each check, shape (m, checks); `NOTHING` for nothing to look at.

        Args:
            asked: m decisions.
            names: which checks.
            sums: what the wording members come to together, shape (m,); unread without wording.
            features: their texts as the members read them; None without wording.
        """
        found = np.empty((len(asked), len(names)))
        gaps = self.type_gaps(asked, features) if "type" in names else []
        for row, one in enumerate(asked):
            looks = self.facts.looks(one.facts, one.type) if self.facts is not None else {}
            for column, name in enumerate(names):
                if name == "wording":
                    found[row, column] = sums[row]
                elif name == "type":
                    found[row, column] = gaps[row]
                elif name in looks:
                    found[row, column] = looks[name].score
                else:
                    found[row, column] = self._of_letters(name, _text(one.text))
        return found

    def type_gaps(self, asked: Sequence[Asked], features: Features | None) -> list[float]:
        """Return how much more the wording speaks for another type than for the stated one.

        0 where it speaks most for the stated one; `NOTHING` where none is stated, or no known one.
        Where it speaks for a type that people named, and the agent says another, the agent does not
        know it yet: that counts for more than any slip among the types it was trained on.
        """
        if self.wording is None or features is None:
            return [NOTHING] * len(asked)
        evidence = self.wording.evidence(features)
        places = {type: at for at, type in enumerate(self.types)}
        return [
            self._gap(of_types, places[one.type]) if one.type in places else NOTHING
            for one, of_types in zip(asked, evidence, strict=True)
        ]

    def _gap(self, evidence: NDArray[np.float32], stated: int) -> float:
        likeliest = int(evidence.argmax())
        gap = float(evidence[likeliest] - evidence[stated])
        is_untrained = likeliest != stated and self.types[likeliest] in self.named
        return gap + UNTRAINED if is_untrained else gap

    def _of_letters(self, name: str, text: str) -> float:
        if self.letters is None:
            return 0.0
        oddness = self.letters.oddness if name == "letters" else self.letters.length_oddness
        return oddness(text)


class Looked(Struct, frozen=True):
    """What the checks find in decisions.

    Attributes:
        scores: of each check, finite or `NOTHING`, shape (m, checks).
        features: the texts as the members read them; None without wording.
    """

    scores: Floats
    features: Features | None


class Judged(Struct, frozen=True):
    """How unusual decisions are.

    Attributes:
        p: of each as a whole, shape (m,), each in (0, 1].
        checks: of each check, shape (m, checks), each in (0, 1].
        weighed: how much each check says against it, shape (m, checks).
        features: the texts as the members read them; None without wording.
    """

    p: Floats
    checks: Floats
    weighed: Floats
    features: Features | None


def looked(
    model: Model, held_out: HeldOut, asked: Sequence[Asked], encode: Encode | None
) -> Looked:
    """Return what the checks find in some decisions.

    Args:
        model: what was learned.
        held_out: what is usual for each check; all checks together are not asked.
        asked: m decisions, m > 0.
        encode: the encoder; None for words alone.

    Raises:
        CannotLookError: a text is missing, empty or cannot be encoded, a fact cannot be counted
            with, or there is no score.
    """
    features = model.features(asked, encode)
    members = model.member_scores(features, len(asked))
    sums = held_out.member_sums(members) if features is not None else np.zeros(len(asked))
    scores = model.scores(asked, held_out.names, sums, features)
    if not (scores < np.inf).all():
        raise CannotLookError("how unusual it is cannot be told: a score is no number")
    return Looked(scores, features)


def judged(
    model: Model, held_out: HeldOut, asked: Sequence[Asked], encode: Encode | None
) -> Judged:
    """Return how unusual some decisions are by what was learned.

    Args:
        model: what was learned.
        held_out: what is usual.
        asked: m decisions, m > 0.
        encode: the encoder; None for words alone.

    Raises:
        CannotLookError: a text is missing, empty or cannot be encoded, a fact cannot be counted
            with, or nothing was learned to hold a decision against.
    """
    if not held_out.names or not len(held_out.whole):
        raise CannotLookError("nothing was learned that a decision could be held against")
    found = looked(model, held_out, asked, encode)
    weighed = held_out.weighed(found.scores)
    return Judged(
        held_out.whole_p_values(weighed),
        held_out.check_p_values(found.scores),
        weighed,
        found.features,
    )


def _text(text: str | None) -> str:
    if text is None:
        raise CannotLookError("the text is missing")
    if not text.strip():
        raise CannotLookError("the text is empty")
    return text
