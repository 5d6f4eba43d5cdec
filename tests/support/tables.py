"""Hypothesis strategies: routing tables as YAML text, and decisions, usable and junk of every shape."""

import enum
import json
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from handraise.core.confidence.mapping import CalibrationMap
from handraise.core.table.types import Calibration
from handraise.model import Decision

TYPES = ("refund_request", "card_lost", "address")
ACTIONS = ("reply", "refund", "billing", "delete")
ROUTES = ("support", "finance", "owner")
SEVERITIES = ("low", "high", "critical")
NUMBERS = ("-6200", "-1", "0", "0.5", "1", "40", "5000", "5000.5", "1e9")
FORMS = {
    "refund": "{refund: number, note: text?, lines: [{sum: integer}]}",
    "billing": "{monthly_change: number}",
}


class Word(enum.StrEnum):
    REFUND = "refund"
    KNOWN = "refund_request"


class Liar(dict):
    """Says something else than it holds."""

    def get(self, key, default=None):
        return 0

    def __getitem__(self, key):
        return 0

    def __contains__(self, key):
        return True

    def __len__(self):
        return 0

    def items(self):
        return [("refund", 0)].__iter__()


class Rude:
    """Raises whatever is asked of it."""

    __hash__ = None

    def _no(self, *_):
        raise RuntimeError

    __eq__ = __repr__ = __str__ = __float__ = __int__ = __lt__ = __gt__ = __bool__ = __len__ = _no
    __iter__ = __getitem__ = __contains__ = _no


class Flatterer:
    """Claims to be a float, and that any comparison with it holds."""

    __class__ = float

    def _yes(self, *_):
        return True

    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = _yes
    __hash__ = None


class RudeText(str):
    __slots__ = ()

    def __repr__(self):
        raise RuntimeError

    __str__ = __repr__


def _cyclic():
    value = [1]
    value.append(value)
    return value


def junk():
    """Anything an agent might send where something usable belongs."""
    fixed = st.sampled_from(
        (
            None, True, False, math.nan, math.inf, -math.inf, -0.0, 5e-324, 0.72, 0.7199999, 1e300, -1e300, 9e299,
            0, 1, 7, -1, 2**53 + 1, 10**299, 10**400, -(10**400),
            Decimal("0.9"), Decimal("NaN"), Decimal("sNaN"), Decimal("1e500"), Fraction(1, 3), Fraction(10**400),
            np.float64(0.9), np.float32(0.5), np.int64(6200), np.float64("nan"), np.bool_(True),
            "", "0.9", "nan", "refund", "refund_request", "\ud800", "x" * 5000, b"refund", bytearray(b"x"),
            Word.REFUND, Word.KNOWN, RudeText("refund"), 1 + 2j, float, object(), (), [], {}, set(), frozenset({1}),
            range(3), Liar(refund=9999), Liar(revenue=9999), Flatterer(), Rude(), _cyclic(), [[[[[]]]]], {1: 2, None: 3},
            {"refund": Rude()}, {"a": {"b": [1, {"c": math.nan}]}},
        )
    )  # fmt: skip
    return fixed | st.floats() | st.integers() | st.text(max_size=5) | st.binary(max_size=3)


def number_expressions(names):
    """Expressions that come to a number, as text."""
    leaf = st.sampled_from(NUMBERS) | (st.sampled_from(names) if names else st.nothing())

    def grown(inner):
        pair = st.tuples(inner, st.sampled_from("+-*/"), inner)
        return (
            pair.map(lambda one: f"({one[0]} {one[1]} {one[2]})")
            | inner.map(lambda one: f"-({one})")
            | inner.map(lambda one: f"abs({one})")
            | st.tuples(st.sampled_from(("min", "max")), inner, inner).map(
                lambda one: f"{one[0]}({one[1]}, {one[2]})"
            )
        )

    return st.recursive(leaf, grown, max_leaves=4)


def truth_expressions(numbers, *, actions=True):
    """Expressions that come to true or false, of every kind of node, as text."""
    number = number_expressions((*numbers, "confidence"))
    signs = st.sampled_from(("<", "<=", ">", ">=", "==", "!="))
    leaves = [
        st.tuples(number, signs, number).map(" ".join),
        st.tuples(number, signs, number, signs, number).map(" ".join),
        st.tuples(number, st.sampled_from(("in", "not in"))).map(
            lambda one: f"{one[0]} {one[1]} [0, 1, 5000]"
        ),
        st.sampled_from(
            (
                "true",
                "false",
                'type == "address"',
                'type in ["address", "card_lost"]',
                "vip",
                "not vip",
                "vip == true",
                "vip in [true]",
            )
        ),
        st.sampled_from(
            (
                'reason == "fraud"',
                'reason not in ["fraud", "other"]',
                'word != "x"',
                "count >= 3",
                "count * 2 == 6",
            )
        ),
    ]
    if actions:
        leaves.append(
            st.sampled_from(
                (
                    'severity >= "high"',
                    'severity in ["low"]',
                    'severity != "critical"',
                    'action == "refund"',
                )
            )
        )

    def grown(inner):
        pair = st.tuples(inner, st.sampled_from(("and", "or")), inner)
        return pair.map(lambda one: f"({one[0]}) {one[1]} ({one[2]})") | inner.map(
            lambda one: f"not ({one})"
        )

    return st.recursive(st.one_of(leaves), grown, max_leaves=4)


@st.composite
def tables(draw, *, whens=None):  # noqa: C901 - one choice for each part
    """A table without errors, as YAML text (JSON is YAML, and needs no layout)."""
    actions = draw(st.booleans())
    derived = actions and draw(st.booleans())
    route = st.sampled_from(ROUTES)

    def narrowed(row):
        if draw(st.integers(0, 2)) == 0:
            row["for"] = {}
            if draw(st.booleans()):
                row["for"]["type"] = draw(
                    st.lists(st.sampled_from(TYPES), min_size=1, max_size=2, unique=True)
                )
            if actions and draw(st.booleans()):
                row["for"]["action"] = draw(
                    st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=2, unique=True)
                )
        return row | {"to": draw(route)}

    def below():
        limit = st.sampled_from((0.5, 0.72, 1.0))
        if draw(st.booleans()):
            return draw(limit)
        return draw(st.dictionaries(st.sampled_from((*TYPES, "else")), limit, min_size=1))

    facts = {
        "revenue": {"type": "number"},
        "count": {"type": "integer"},
        "vip": {"type": "boolean"},
        "reason": {"type": "one of [fraud, other, none]"},
        "word": {"type": "text"},
    }
    if derived:
        which = draw(st.sampled_from(("all", "each", "each otherwise")))
        if which == "all":
            facts["revenue"]["from"] = draw(number_expressions(("proposal.refund",)))
        else:
            facts["revenue"]["from"] = {
                "refund": draw(number_expressions(("proposal.refund",))),
                "billing": "12 * proposal.monthly_change",
            }
        if which == "each otherwise":
            facts["revenue"]["otherwise"] = draw(st.sampled_from((0, 40, 6000)))
        if draw(st.booleans()):
            facts["count"]["from"] = draw(number_expressions(("proposal.refund",)))
    when = whens(actions) if whens else truth_expressions(("revenue", "count"), actions=actions)
    consequence = [narrowed({"when": one}) for one in draw(st.lists(when, min_size=1, max_size=4))]
    if actions and draw(st.booleans()):
        consequence.insert(0, narrowed({"severity": draw(st.sampled_from(SEVERITIES))}))
    table = {
        "handraise": 1,
        "agent": "agent",
        "owner": "priya",
        "people": {
            id: {"name": id, "contact": f"mailto:{id}@example.com"}
            for id in ("dana", "ines", "priya")
        },
        "routes": {"support": ["dana", "priya"], "finance": ["ines"]},
        "facts": facts,
        "known": list(TYPES),
        "escalate": {
            "confidence": [narrowed({"below": below()}) for _ in range(draw(st.integers(1, 2)))],
            "consequence": consequence,
            "novelty": [narrowed({"unknown": "type"}) for _ in range(draw(st.integers(1, 2)))],
        },
        "several": draw(st.sampled_from(("every", "first"))),
    }
    if actions:
        table["actions"] = {id: {"severity": draw(st.sampled_from(SEVERITIES))} for id in ACTIONS}
    text = json.dumps(table)
    if actions and draw(st.booleans()):
        for id, form in FORMS.items():
            text = text.replace(
                f'"{id}": {{"severity"', f'"{id}": {{"proposal": {form}, "severity"'
            )
    return text


def calibrations():
    """No calibration, or one whose map rises from knot to knot, steep and flat."""
    shares = st.sets(st.sampled_from([n / 20 for n in range(1, 20)]), max_size=5)

    def made(pair):
        stated, found = (sorted(one)[: min(map(len, pair))] for one in pair)
        knots = ((0.0, 0.0), *zip(stated, found, strict=True), (1.0, 1.0))
        return Calibration(file="", digest="d" * 64, labels=100, map=CalibrationMap("platt", knots))

    return st.none() | st.tuples(shares, shares).map(made)


def good_facts():
    """Stated facts, each of its type, and some missing."""
    return st.fixed_dictionaries(
        {},
        optional={
            "revenue": st.sampled_from((-6200, 0, 40.0, 5000, 5000.5, 2**53 + 1)),
            "count": st.sampled_from((0, 3, 3.0, 7)),
            "vip": st.booleans(),
            "reason": st.sampled_from(("fraud", "none")),
            "word": st.sampled_from(("x", "y")),
        },
    )


def proposals():
    """Proposals that fit a form of the tables here, or nearly."""
    number = st.sampled_from((0, 1, 40, -6200, 5000.0, Decimal(7), np.float64(2.5)))
    lines = st.lists(st.fixed_dictionaries({"sum": st.sampled_from((1, 2.0))}), max_size=2)
    refund = st.fixed_dictionaries(
        {"refund": number, "lines": lines}, optional={"note": st.just("x")}
    )
    return refund | st.fixed_dictionaries({"monthly_change": number})


def decisions(*, usable=False):
    """Decisions; `usable` ones hold no junk, though things may be missing."""
    any_junk = st.nothing() if usable else junk()
    odd_facts = st.nothing() if usable else st.dictionaries(
        st.sampled_from(("revenue", "count", "vip", "reason", "word", "other", "class")) | st.just(7), junk(), max_size=4
    )  # fmt: skip
    odd_proposal = (
        st.nothing()
        if usable
        else st.dictionaries(st.sampled_from(("refund", "lines", "note")), junk())
    )
    confidence = st.sampled_from((0, 1, 0.0, 0.3, 0.72, 0.7199999, 0.95, 1.0))
    return st.builds(
        Decision,
        type=st.sampled_from((*TYPES, *TYPES, "new_thing")) | any_junk,
        action=st.sampled_from((*ACTIONS, *ACTIONS, "fly")) | any_junk,
        confidence=confidence | any_junk,
        facts=good_facts() | odd_facts | any_junk,
        proposal=proposals() | odd_proposal | any_junk,
    )
