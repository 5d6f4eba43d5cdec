"""Directions in which requests of one type are near each other and those of others are not.

A plain matrix, learned from pairs; it took the place of linear discriminants because with types
left out of learning it told the left-out ones apart better (see the explanation of what is
familiar, which has the figures).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

DIMENSIONS = 128
TYPES_AT_ONCE = 64
ROWS_AT_ONCE = 384
ROUNDS = 10
LEAST_STEPS = 100
HIDDEN = 0.2
"""The share of a request's numbers that is hidden at each step, so that no few of them decide."""

SHARPNESS = 10.0
STEP = 2e-3
DECAY = 1e-4


def contrasting(vectors: Floats, types: NDArray[np.int32], seed: int = 0) -> Floats:
    """Return the directions, shape (d, q).

    Args:
        vectors: shape (n, d).
        types: the type of each, shape (n,); at least two different ones.
        seed: the same one gives the same directions.

    Source: supervised contrastive learning, Khosla et al. (2020), equation 2, with a linear head;
        steps by Adam, Kingma and Ba (2015), algorithm 1, along a cosine.
    """
    random = np.random.default_rng(seed)
    kinds, at = np.unique(types, return_inverse=True)
    members = [np.flatnonzero(at == kind) for kind in range(len(kinds))]
    some = min(TYPES_AT_ONCE, len(kinds))
    each = ROWS_AT_ONCE // some
    width = vectors.shape[1]
    weights = random.standard_normal((width, min(DIMENSIONS, width)), dtype=np.float32)
    weights /= np.float32(np.sqrt(width))
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    same = np.repeat(np.arange(some), each)
    alike = (same[:, None] == same[None]) & ~np.eye(some * each, dtype=bool)
    steps = max(ROUNDS * len(vectors) // (some * each), LEAST_STEPS)
    for step in range(1, steps + 1):
        chosen = random.choice(len(kinds), some, replace=False)
        rows = np.concatenate([random.choice(members[kind], each) for kind in chosen])
        shown = random.random((len(rows), width), dtype=np.float32) > HIDDEN
        gradient = _gradient(vectors[rows] * shown / np.float32(1 - HIDDEN), weights, alike)
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient * gradient
        size = STEP * 0.5 * (1 + np.cos(np.pi * (step - 1) / steps))
        moved = (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
        weights = (weights - size * (moved + DECAY * weights)).astype(np.float32)
    return weights


def _gradient(rows: Floats, weights: Floats, alike: NDArray[np.bool_]) -> Floats:
    """Return the slope of the loss of some rows, shape as the weights.

    Args:
        rows: shape (b, d).
        weights: shape (d, q).
        alike: which pairs are of one type, without each with itself, shape (b, b).
    """
    placed = rows @ weights
    length = np.maximum(np.linalg.norm(placed, axis=1, keepdims=True), 1e-9)
    units = placed / length
    likeness = SHARPNESS * (units @ units.T)
    np.fill_diagonal(likeness, -np.inf)
    shares = np.exp(likeness - likeness.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    pull = SHARPNESS * (shares - alike / alike.sum(axis=1, keepdims=True)) / len(rows)
    on_units = (pull + pull.T) @ units
    on_placed = (on_units - units * (on_units * units).sum(axis=1, keepdims=True)) / length
    found: Floats = (rows.T @ on_placed).astype(np.float32)
    return found
