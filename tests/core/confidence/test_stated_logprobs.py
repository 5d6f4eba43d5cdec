"""Log-probabilities: of the shapes that interfaces give, and nothing that only looks like them."""

import math
from types import SimpleNamespace as Shape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handraise.core.confidence.stated.logprobs import choice_confidence, logprob_confidence
from tests.support.tables import Rude, junk

LOGS = [-0.1, -0.5, -0.3]
OBJECTS = [Shape(token=f"t{n}", logprob=one, top_logprobs=[]) for n, one in enumerate(LOGS)]
DICTS = [{"token": f"t{n}", "logprob": one, "bytes": None} for n, one in enumerate(LOGS)]
DOUBTFUL = [
    [],
    [0.9, 0.8],
    [-0.1, math.nan],
    [-math.inf],
    [math.inf],
    [-0.1, None],
    [-0.1, "−0.2"],
    [-0.1, "-0.2"],
    [True],
    [{"token": "a"}],
    [{"logprob": None}],
    [[-0.1]],
    {"content": None, "refusal": DICTS},
    {"content": []},
    {"logprobs": None},
    {"logprobs": {"logprobs": {"logprobs": {"logprobs": LOGS}}}},
    {"content": "-0.1"},
    None,
    -0.1,
    "-0.1",
    b"-0.1",
    iter(LOGS),
    {-0.1, -0.2},
    Rude(),
    [Rude()],
]


@pytest.mark.parametrize(
    "shape",
    [
        LOGS,
        tuple(LOGS),
        OBJECTS,
        DICTS,
        Shape(content=OBJECTS, refusal=None),
        {"content": DICTS, "refusal": None},
        Shape(finish_reason="stop", logprobs=Shape(content=OBJECTS, refusal=None)),
        {"finish_reason": "stop", "logprobs": {"content": DICTS}},
        Shape(type="output_text", text="…", logprobs=OBJECTS),
        {"type": "output_text", "text": "…", "logprobs": DICTS},
        {"text": "…", "logprobs": {"tokens": ["a", "b", "c"], "token_logprobs": LOGS}},
    ],
)
def test_every_known_shape_gives_the_geometric_mean(shape):
    assert logprob_confidence(shape) == pytest.approx(math.exp(-0.3))


def test_the_geometric_mean_is_of_probabilities():
    assert logprob_confidence([math.log(0.9), math.log(0.4)]) == pytest.approx(0.6)
    assert logprob_confidence([0.0, 0]) == 1.0
    assert logprob_confidence([-9999.0]) == 0.0


def test_rounding_above_nothing_counts_as_nothing():
    assert logprob_confidence([1e-7, -0.5]) == pytest.approx(math.exp(-0.25))
    assert logprob_confidence([2e-6, -0.5]) is None


@pytest.mark.parametrize("doubtful", DOUBTFUL, ids=range(len(DOUBTFUL)))
def test_what_is_doubtful_is_no_confidence(doubtful):
    assert logprob_confidence(doubtful) is None


@given(junk() | st.lists(junk() | st.floats(), max_size=5))
def test_junk_never_raises_and_is_never_outside(value):
    found = logprob_confidence(value)
    assert found is None or 0.0 <= found <= 1.0


@given(st.lists(st.floats(-800, 0), min_size=1, max_size=50), st.integers(0, 49))
def test_a_less_likely_token_never_raises_the_confidence(logs, place):
    less = [one - (at == place % len(logs)) for at, one in enumerate(logs)]
    assert logprob_confidence(less) <= logprob_confidence(logs)


# One choice.

ALTERNATIVES = {
    "A": math.log(0.6),
    " a": math.log(0.1),
    "B": math.log(0.2),
    "\n": math.log(0.05),
}


@pytest.mark.parametrize(
    "shape",
    [
        ALTERNATIVES,
        [{"token": token, "logprob": one} for token, one in ALTERNATIVES.items()],
        [Shape(token=token, logprob=one) for token, one in ALTERNATIVES.items()],
    ],
)
def test_the_chosen_option_has_its_share_of_all_options_however_it_is_spelled(shape):
    assert choice_confidence(shape, "A", ["A", "B"]) == pytest.approx(0.7 / 0.9)
    assert choice_confidence(shape, "b ", ("A", "B")) == pytest.approx(0.2 / 0.9)


def test_an_option_that_is_no_alternative_may_have_all_that_is_left():
    assert choice_confidence(ALTERNATIVES, "A", ["A", "B", "C"]) == pytest.approx(0.7 / 0.95)
    rounded = {"A": math.log(0.8), "B": math.log(0.2005)}
    assert choice_confidence(rounded, "A", ["A", "B", "C"]) == pytest.approx(0.8 / 1.0005)


@pytest.mark.parametrize(
    ("alternatives", "chosen", "options"),
    [
        (ALTERNATIVES, "C", ["A", "B", "C"]),
        (ALTERNATIVES, "C", ["A", "B"]),
        (ALTERNATIVES, "A", ["A"]),
        (ALTERNATIVES, "A", ["A", "a"]),
        (ALTERNATIVES, "A", ["A", "B", "b"]),
        (ALTERNATIVES, "A", ["A", ""]),
        (ALTERNATIVES, "A", ["A", None]),
        (ALTERNATIVES, "A", "AB"),
        (ALTERNATIVES, "A", []),
        (ALTERNATIVES, None, ["A", "B"]),
        ({"A": math.log(0.3), "B": math.log(0.1)}, "A", ["A", "B"]),
        ({"A": math.log(0.9), "B": math.log(0.9)}, "A", ["A", "B"]),
        ({"A": -0.1, "B": 0.9}, "A", ["A", "B"]),
        ({"A": -0.1, "B": math.nan}, "A", ["A", "B"]),
        ({"A": -0.1, 3: -4.0}, "A", ["A", "B"]),
        ([], "A", ["A", "B"]),
        ([-0.1, -2.0], "A", ["A", "B"]),
        (None, "A", ["A", "B"]),
        ("A", "A", ["A", "B"]),
        (Rude(), Rude(), Rude()),
    ],
)
def test_a_choice_that_is_doubtful_is_no_confidence(alternatives, chosen, options):
    assert choice_confidence(alternatives, chosen, options) is None


@given(junk(), junk(), junk() | st.lists(junk(), max_size=3))
def test_a_choice_among_junk_never_raises(alternatives, chosen, options):
    found = choice_confidence(alternatives, chosen, options)
    assert found is None or 0.0 <= found <= 1.0
