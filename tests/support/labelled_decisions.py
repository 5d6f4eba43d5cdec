"""Labelled decisions in files, of an agent whose confidence is honest enough to be of use."""

import numpy as np

TYPES = ("card_lost", "change_address", "refund_request")


def drawn(count, *, seed=7, worst=0.6):
    """Return scores with four decimals, and whether the agent was wrong."""
    rng = np.random.default_rng(seed)
    q = rng.random(count).round(4)
    return 1 - q, rng.random(count) < 0.002 + worst * q**3


def decisions_file(path, count=3_000, *, seed=7, worst=0.6, first_id=0, types=TYPES):
    """Write labelled decisions with the columns id, kind, score, right and money; return the path."""
    scores, wrong = drawn(count, seed=seed, worst=worst)
    lines = ["id,kind,score,right,money"]
    lines += [
        f"{first_id + n},{types[n % len(types)]},{score:.4f},{'no' if bad else 'yes'},{n % 100}.5"
        for n, (score, bad) in enumerate(zip(scores.tolist(), wrong.tolist(), strict=True))
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
