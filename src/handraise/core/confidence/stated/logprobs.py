"""Confidence from token log-probabilities: of a whole answer, or of one choice among options.

They are read as a list of numbers, or as the answers of OpenAI's interfaces hold them: objects or
dicts, of chat completions, of responses, and of the older completions.
"""

from __future__ import annotations

import math
from typing import Any

from handraise.core.table.values import mapping, number, sequence, text

ROUNDING = 1e-6
"""A logarithm is above 0 by no more than this, which counts as 0."""

ALMOST_ALL = 1.001
"""The probabilities of alternatives add up to no more."""

ENOUGH = 0.5
"""Options that share less than this of the probability were not what was chosen among."""

_INNER = ("logprobs", "content", "token_logprobs")
_DEEPEST = 3


def logprob_confidence(logprobs: Any) -> float | None:
    """Return the geometric mean of the probabilities of an answer's tokens.

    Args:
        logprobs: natural logarithms, each finite and at most 0; or items that each have a
            `logprob`; or what holds such a list, as `choice`, `choice.logprobs` and
            `choice.logprobs.content` of a chat completion do, and the `output_text` of a response.

    Returns:
        In [0, 1]; None for no tokens, for a logarithm that is none, and for anything else.

    Source: length-normalised likelihood, Malinin, Gales, "Uncertainty estimation in autoregressive
        structured prediction", ICLR 2021, equation 9: exp(1/L · sum of ln p).

    Example:
        >>> logprob_confidence([-0.25, -0.75])
        0.6065306597126334
        >>> logprob_confidence({"content": [{"token": "yes", "logprob": -0.5}]})
        0.6065306597126334
        >>> logprob_confidence([-0.01, None]) is None
        True
    """
    try:
        found = [_logarithm(one) for one in _tokens(logprobs, 0)]
        mean = math.fsum(found) / len(found)
    except Exception:  # noqa: BLE001 - whatever cannot be read is no confidence
        return None
    return min(math.exp(mean), 1.0)


def choice_confidence(top_logprobs: Any, chosen: Any, options: Any) -> float | None:
    """Return the probability of the option that was chosen, among all options.

    For an agent that was asked to answer with one token: `A`, `B` or `C`; `yes` or `no`. Spellings
    that differ by case and spaces are one option. An option that is not among the alternatives may
    have all the probability that they leave, so that counts against the one that was chosen.

    Args:
        top_logprobs: the alternatives of that token: items with `token` and `logprob`, or a dict
            from token to logarithm.
        chosen: the option that the agent took.
        options: list or tuple of all options, two or more different ones.

    Returns:
        In [0, 1]; None where the options have less than half of the probability, the one that was
        chosen is not among the alternatives, and for anything else.

    Example:
        >>> alternatives = {"yes": -0.105, " Yes": -4.6, "no": -2.5}
        >>> round(choice_confidence(alternatives, "yes", ["yes", "no"]), 2)
        0.92
        >>> round(choice_confidence({"yes": -0.105}, "yes", ["yes", "no"]), 2)
        0.9
    """
    try:
        names = [_spelled(option) for option in _listed(options)]
        shares = _shares(top_logprobs)
        found = {name: shares[name] for name in names if name in shares}
        own = found[_spelled(chosen)]
    except Exception:  # noqa: BLE001 - whatever cannot be read is no confidence
        return None
    are_options = len(set(names)) == len(names) >= 2 and all(names)
    every, among = math.fsum(shares.values()), math.fsum(found.values())
    if not are_options or every > ALMOST_ALL or among < ENOUGH:
        return None
    missing = 0.0 if len(found) == len(names) else max(1.0 - every, 0.0)
    return min(own / (among + missing), 1.0)


def _tokens(value: Any, depth: int) -> list[Any] | tuple[Any, ...]:
    """Return the list of tokens that is given, or that lies in what is given."""
    given = sequence(value)
    if given is not None:
        return given
    if depth < _DEEPEST:
        for name in _INNER:
            inner = _field(value, name)
            if inner is not None:
                return _tokens(inner, depth + 1)
    raise TypeError


def _logarithm(token: Any) -> float:
    found = number(token)
    if found is None:
        found = number(_field(token, "logprob"))
    if found is None or found > ROUNDING:
        raise ValueError
    return min(float(found), 0.0)


def _shares(top_logprobs: Any) -> dict[str, float]:
    """Return the probability of each token, in one spelling."""
    named = mapping(top_logprobs)
    if named is None:
        tokens = _listed(top_logprobs)
        pairs = [(_field(one, "token"), _field(one, "logprob")) for one in tokens]
    else:
        pairs = list(named.items())
    found: dict[str, float] = {}
    for token, logarithm in pairs:
        name = _spelled(token)
        found[name] = found.get(name, 0.0) + math.exp(_logarithm(logarithm))
    return found


def _listed(value: Any) -> list[Any] | tuple[Any, ...]:
    found = sequence(value)
    if not found:
        raise TypeError
    return found


def _spelled(token: Any) -> str:
    found = text(token)
    if found is None:
        raise TypeError
    return " ".join(found.casefold().split())


def _field(value: Any, name: str) -> Any:
    named = mapping(value)
    return getattr(value, name, None) if named is None else named.get(name)
