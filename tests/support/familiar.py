"""Made-up labelled requests with facts, and what is learned of them."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import numpy as np

from handraise.core.familiar.look import Asked
from handraise.core.familiar.rates import least_rate
from handraise.service.learning.artifact import Manifest
from handraise.service.learning.encoders import EncoderChoice
from handraise.service.learning.fitting.facts_fit import FactCounter
from handraise.service.learning.fitting.fit import Parts, Rows, fit

DATA = Path(os.environ.get("HANDRAISE_DATA") or Path(__file__).parents[3] / "shared" / "data")

KINDS = {"amount": "number", "fee": "number", "country": "text", "member": "boolean"}

SAID = {
    "refund": ("give my money back for", "refund me for", "pay back", "return the money of"),
    "card_lost": ("I lost my card after buying", "my card was stolen with", "block my card because of"),
    "address": ("change the address of", "I moved, send it elsewhere:", "deliver to my new home"),
    "delay": ("it is late again:", "where is my order of", "when will it arrive,"),
    "broken": ("it came broken:", "does not work any more,", "it fell apart,"),
    "invoice": ("send me an invoice for", "I need a bill of", "the bill is wrong for"),
}  # fmt: skip
THINGS = ("the red shoes", "a wooden table", "two lamps", "the blue jacket", "my phone", "a kettle")
OPENINGS = ("hello,", "good morning,", "hi there,", "please,", "dear team,", "")
ENDINGS = ("thank you", "as soon as you can", "today", "this week", "many thanks", "")
COUNTRIES = ("PT", "ES", "FR", "DE")


def requests(count, *, types=tuple(SAID), seed=0, facts=True, texts=True):
    """Return made-up decisions, evenly of each type."""
    rng = np.random.default_rng(seed)
    found = []
    for at in range(count):
        type = types[at % len(types)]
        words = (
            rng.choice(part)
            for part in (OPENINGS, SAID[type], THINGS, ("number", "order", "from shop"))
        )
        number = str(int(rng.integers(100)))
        text = " ".join((*words, number, str(rng.choice(ENDINGS)))).strip()
        found.append(Asked(text if texts else None, type, facts_of(rng, type, at) if facts else {}))
    return tuple(found)


def facts_of(rng, type, at):
    """Return the facts of one made-up decision: the fee is a tenth of the amount."""
    amount = float(np.round(np.exp(rng.normal(3.0 if type == "refund" else 5.0, 0.4)), 2))
    return {
        "amount": amount,
        "fee": round(amount / 10 + float(rng.normal(0, 0.2)), 2),
        "country": str(COUNTRIES[at % 3]) if at % 50 else COUNTRIES[3],
        "member": bool(rng.random() < 0.3),
    }


def rows(asked, start=1):
    """Return decisions as numbered rows."""
    return Rows(tuple(asked), tuple(range(start, start + len(asked))))


def parts(asked, held_out, *, reads_text=True):
    """Return decisions as parts, so many of them held out for each half."""
    fit_count = len(asked) - 2 * held_out
    return Parts(
        rows(asked[:fit_count]),
        rows(asked[fit_count : fit_count + held_out], fit_count + 1),
        rows(asked[fit_count + held_out :], fit_count + held_out + 1),
        reads_text,
    )


def counted(asked, kinds=None):
    """Return what there is to learn of the facts of some decisions."""
    counter = FactCounter(KINDS if kinds is None else kinds)
    counter.add(asked)
    return counter.facts()


def learned(asked, held_out, *, kinds=None, reads_text=True, encode=None, keep_texts=False):
    """Return what is learned of decisions, so many of them held out for each half."""
    some = parts(asked, held_out, reads_text=reads_text)
    kinds = KINDS if kinds is None else kinds
    facts = counted(some.fit.asked, kinds) if kinds else None
    return fit(some, facts, encode, keep_texts=keep_texts)


@cache
def small():
    """Return what is learned of 600 made-up decisions, with their texts."""
    return learned(requests(600), 120, keep_texts=True)


def manifest(fitted, **fields):
    """Return a manifest without what `write_files` adds."""
    usual = {
        "handraise_learned": 1, "folder": "", "digest": "", "files": {}, "made_with": "0", "made_at": "2026-01-05T09:00:00Z",
        "facts": KINDS if fitted.model.facts is not None else {}, "reads_text": fitted.model.wording is not None,
        "least_rate": least_rate(len(fitted.held_out.whole)), "encoder": EncoderChoice(kind="words"), "types": fitted.model.types, "summary": {},
    }  # fmt: skip
    return Manifest(**(usual | fields))


def vectors_of(texts):
    """Return how often some letters come in each text: an encoder of a team's own."""
    return np.array([[text.lower().count(one) + 0.1 for one in "aeionrst"] for text in texts])
