"""The example's agent: a small text classifier that knows how sure it is.

A linear classifier over words and parts of words learns the labelled requests. How sure to be is
read off requests that were held out while it learned. It always names the likeliest of its types:
whether a request is like anything it was trained on is for the gate to say.
INVARIANT: nothing is ever fitted on a request that is run, nor on one of an unfamiliar type.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from handraise.demo.requests import MONEY, SEND_REPLY, Request, proposal
from handraise.errors import SettingsError

FOLDS = 4
ALL_FOLDS_UP_TO = 5_000
BATCH = 500


class Draft(Struct, frozen=True, kw_only=True):
    """What the agent makes of a request, before it asks whether it may.

    Attributes:
        type: the likeliest type.
        confidence: the probability that it is right, in [0, 1].
        action: what it would do.
        proposal: exactly what it would do.
        nearest: (type, share) of the likeliest types, best first.
    """

    type: str
    confidence: float
    action: str
    proposal: dict[str, Any]
    nearest: tuple[tuple[str, float], ...]


class Habit(Struct, frozen=True, kw_only=True):
    """What the agent learned to do about a type: the action, and the sign of the money it moves."""

    action: str
    sign: int


class Manner(Struct, frozen=True, kw_only=True):
    """How scores become confidence; read off held-out requests.

    Attributes:
        sharpness: the factor on the scores before they become shares of the types.
        slope: of the logit of the best share, in the logit of the confidence.
        offset: in the logit of the confidence.
    """

    sharpness: float
    slope: float
    offset: float


class Agent:
    """A trained agent; `train` makes one."""

    def __init__(self, model: Any, manner: Manner, habits: dict[str, Habit]) -> None:
        """Keep what training found."""
        self._model = model
        self._habits = habits
        self.manner = manner

    @property
    def types(self) -> tuple[str, ...]:
        """The types it knows, sorted."""
        return tuple(self._model.types)

    def drafts(self, requests: Sequence[Request]) -> list[Draft]:
        """Return what the agent would do about each request; it reads text and amount alone."""
        found: list[Draft] = []
        for start in range(0, len(requests), BATCH):
            batch = requests[start : start + BATCH]
            scores = self._model.scores([request.text for request in batch])
            shares = _shares(scores, self.manner.sharpness)
            found += [self._draft(request, row) for request, row in zip(batch, shares, strict=True)]
        return found

    def _draft(self, request: Request, shares: Any) -> Draft:
        best = shares.argsort()[::-1][:3]
        type = self.types[best[0]]
        habit = self._habits[type]
        action, amount = habit.action, abs(request.amount) * habit.sign
        if action in MONEY and amount == 0:
            action = SEND_REPLY
        return Draft(
            type=type,
            confidence=float(_confidence(shares[best[0]], self.manner)),
            action=action,
            proposal=proposal(request, action, type, amount),
            nearest=tuple((self.types[place], float(shares[place])) for place in best),
        )


def train(requests: Sequence[Request]) -> Agent:
    """Return an agent that has learned these requests; the same ones give the same agent.

    Raises:
        SettingsError: the packages it is built with are not installed.
    """
    try:
        return Agent(_Model(requests), _manner(requests), _habits(requests))
    except ModuleNotFoundError as error:
        raise SettingsError(
            f'the demo needs the package "{error.name}"', "pip install 'handraise[demo]'"
        ) from None


class _Model:
    """The classifier over words and parts of words."""

    def __init__(self, requests: Sequence[Request]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.svm import LinearSVC

        texts = [_without_digits(request.text) for request in requests]
        self._words = TfidfVectorizer(
            ngram_range=(1, 2), sublinear_tf=True, strip_accents="unicode"
        )
        self._parts = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, strip_accents="unicode"
        )
        seen = _joined(self._words.fit_transform(texts), self._parts.fit_transform(texts))
        self._classifier = LinearSVC(C=0.3, random_state=0)
        self._classifier.fit(seen, [request.type for request in requests])
        self.types: list[str] = [str(type) for type in self._classifier.classes_]

    def scores(self, texts: list[str]) -> Any:
        """Return how much each text speaks for each type, shape (texts, types)."""
        import numpy as np

        plain = [_without_digits(text) for text in texts]
        features = _joined(self._words.transform(plain), self._parts.transform(plain))
        scores = self._classifier.decision_function(features)
        if scores.ndim == 1:  # two types have one score between them
            return np.column_stack([-scores, scores])
        return scores


def _joined(words: Any, parts: Any) -> Any:
    """Return the features of texts side by side, each row of length 1."""
    from scipy.sparse import hstack
    from sklearn.preprocessing import normalize

    return normalize(hstack([words, parts]).tocsr())


def _without_digits(text: str) -> str:
    """Return a text with every digit as 0: sums and order numbers say how, not what."""
    return re.sub(r"\d", "0", text)


def _folds(requests: Sequence[Request]) -> Iterator[tuple[list[Request], list[Request]]]:
    """Return (learned, held out), each with every type; one such pair for very many requests."""
    seen: Counter[str] = Counter()
    fold_of: list[int] = []
    for request in requests:
        fold_of.append(seen[request.type] % FOLDS)
        seen[request.type] += 1
    for fold in range(FOLDS if len(requests) <= ALL_FOLDS_UP_TO else 1):
        places = list(zip(requests, fold_of, strict=True))
        yield (
            [request for request, its in places if its != fold],
            [request for request, its in places if its == fold],
        )


def _manner(requests: Sequence[Request]) -> Manner:
    import numpy as np

    scores, right = [], []
    for learned, held_out in _folds(requests):
        model = _Model(learned)
        places = {type: place for place, type in enumerate(model.types)}
        scores.append(model.scores([request.text for request in held_out]))
        right += [places[request.type] for request in held_out]
    of_all = np.vstack(scores)
    sharpness = _sharpness(of_all, right)
    slope, offset = _slope(_shares(of_all, sharpness), right)
    return Manner(sharpness=sharpness, slope=slope, offset=offset)


def _shares(scores: Any, sharpness: float) -> Any:
    from scipy.special import softmax

    return softmax(scores * sharpness, axis=1)


def _confidence(best_share: Any, manner: Manner) -> Any:
    from scipy.special import expit

    return expit(manner.slope * _logit(best_share) + manner.offset)


def _logit(share: Any) -> Any:
    import numpy as np
    from scipy.special import logit

    return logit(np.clip(share, 1e-6, 1 - 1e-6))


def _sharpness(scores: Any, right: list[int]) -> float:
    """Return the factor on the scores under which the right types are likeliest.

    Source: temperature scaling, Guo et al. (2017), On Calibration of Modern Neural Networks, 4.2.
    """
    import numpy as np
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    rows = np.arange(len(right))

    def loss(log_factor: float) -> float:
        return -float(log_softmax(scores * np.exp(log_factor), axis=1)[rows, right].mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-3.0, 5.0), method="bounded").x))


def _slope(shares: Any, right: list[int]) -> tuple[float, float]:
    """Return slope and offset that make the best share the probability of being right.

    Source: Platt (1999), Probabilistic Outputs for Support Vector Machines, 2.2, without his
    smoothing; weakly held to (1, 0), so that few requests do not make it extreme.
    """
    import numpy as np
    from scipy.optimize import minimize

    best = _logit(shares.max(axis=1))
    is_right = shares.argmax(axis=1) == np.asarray(right)

    def loss(line: Any) -> float:
        logit = line[0] * best + line[1]
        wrong = np.logaddexp(0.0, np.where(is_right, -logit, logit)).sum()
        return float(wrong + 0.5 * ((line[0] - 1.0) ** 2 + line[1] ** 2))

    slope, offset = minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead").x
    return float(slope), float(offset)


def _habits(requests: Sequence[Request]) -> dict[str, Habit]:
    """Return what was usually right for each type."""
    actions: dict[str, Counter[str]] = defaultdict(Counter)
    signs: Counter[str] = Counter()
    for request in requests:
        actions[request.type][request.right_action] += 1
        signs[request.type] += (request.right_amount > 0) - (request.right_amount < 0)
    return {
        type: Habit(action=counts.most_common(1)[0][0], sign=-1 if signs[type] < 0 else 1)
        for type, counts in actions.items()
    }
