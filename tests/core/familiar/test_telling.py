"""What is unusual, in words a person can act on."""

import numpy as np
import pytest

from handraise.core.familiar.facts import (
    TYPE,
    Facts,
    Numbers,
    Values,
    value_hash,
)
from handraise.core.familiar.look import Asked
from handraise.core.familiar.model import CHECKS, Model, judged
from handraise.core.familiar.telling import Teller
from handraise.core.familiar.together import Together
from handraise.service.learning.fitting.fit import fit_letters
from tests.support.familiar import learned, requests, small


def values(shown=(), **counts):
    return Values(sum(counts.values()), {value_hash(one): n for one, n in counts.items()}, shown)


def facts(**fields):
    usual = {
        "rows": 2_000,
        "missing": {"amount": 0.0, "note": 0.99},
        "values": {
            TYPE: values(refund=1_000, delay=1_000),
            "country": values(("Portugal", "Spain"), Portugal=1_500, Spain=499, Peru=1),
            "code": values(a=1, b=1),
            "channel": values(("a", "b", "c", "d", "e", "f", "g"), a=2, b=2, c=2, d=2, e=2, f=2, g=2),
        },
        "numbers": {"amount": Numbers(np.linspace(0, 250, 501), {"refund": np.full(9, 20.0)})},
        "pairs": {value_hash(TYPE, "delay", "country", "Spain"): 3},
        "together": Together(("amount", "fee"), np.ones((5, 2)), np.zeros((2, 1))),
    }  # fmt: skip
    return Facts(**(usual | fields))


def told(check, given, type="refund", known=None):
    model = Model(("refund",), None, None, facts() if known is None else known)
    return Teller(model, Asked(None, type, given), None).told(check, 0.01)


def test_a_value_never_seen_names_the_nearest_known_one():
    found = told("value", {"country": "Portugall"})
    assert (found.check, found.fact, found.p) == ("value", "country", 0.01)
    assert (found.observed, found.familiar) == ("'Portugall'", "'Portugal', 'Spain'")
    assert (
        found.sentence
        == "country is 'Portugall', which is in no familiar row; the nearest known is \"Portugal\""
    )


def test_a_value_that_nothing_is_near_names_those_that_are_known():
    found = told("value", {"country": "XYZ"})
    assert (
        found.sentence
        == "country is 'XYZ', which is in no familiar row; known: 'Portugal', 'Spain'"
    )
    found = told("value", {"channel": "fax"})
    assert found.sentence.endswith("; known: 'a', 'b', 'c', 'd', 'e' and 2 more")
    assert told("value", {"code": "z"}).familiar == "no value that several rows have"


def test_a_rare_value_says_how_rare():
    found = told("value", {"country": "Peru"})
    assert found.sentence == "country is 'Peru', which is in 1 of 2,000 familiar rows"


@pytest.mark.parametrize(
    ("value", "said"),
    [(9_000, "9,000"), (1.2345678, "1.23457"), (-0.0, "0"), (1e299, "1e+299"), (True, "1")],
)
def test_a_number_out_of_range_says_the_range(value, said):
    found = told("number", {"amount": value})
    assert (found.check, found.fact, found.observed) == ("number", "amount", said)
    assert found.familiar == "98 of 100 familiar ones are 2.5 to 247.5"
    assert found.sentence == f"amount is {said}; 98 of 100 familiar ones are 2.5 to 247.5"


@pytest.mark.parametrize(
    ("value", "range"), [(12.0, "90 of 100 familiar ones are 12.5 to 237.5"), (125.0, "80 of 100")]
)
def test_a_number_is_never_said_to_be_outside_of_where_it_is(value, range):
    assert range in told("number", {"amount": value}).familiar


def test_a_type_that_the_wording_does_not_speak_for_is_told():
    fitted = learned(requests(120, facts=False), 20, kinds={})
    asked = Asked(requests(1)[0].text, "invoice", {})
    features = judged(fitted.model, fitted.held_out, [asked], None).features
    found = Teller(fitted.model, asked, features).told("type", 0.01)
    assert found.sentence == "the agent takes it for 'invoice', and it is worded like 'refund'"


def test_a_number_odd_for_its_type_says_the_range_of_the_type():
    found = told("number_for_type", {"amount": 240})
    assert (found.check, found.fact) == ("combination", "amount")
    assert found.sentence == "amount is 240; 98 of 100 familiar ones for refund are 20"


def test_a_fact_that_is_missing_where_it_always_was_is_told():
    found = told("missing", {})
    assert (found.check, found.fact, found.observed) == ("missing", "amount", "missing")
    assert found.sentence == "amount is missing; 2,000 of 2,000 familiar rows have it"


def test_a_fact_that_is_there_where_it_never_was_is_told():
    found = told("missing", {"amount": 5, "note": "x"})
    assert found.sentence == "note is there; 1,980 of 2,000 familiar rows are without it"


def test_a_pair_never_together_names_both():
    found = told("pair", {"country": "Portugal"})
    assert (found.check, found.fact) == ("combination", "")
    assert (
        found.sentence
        == "type 'refund' with country 'Portugal' is in no familiar row, though each of them is common"
    )


def test_a_pair_hardly_ever_together_says_how_often():
    found = told("pair", {"country": "Spain"}, type="delay")
    assert (
        found.sentence
        == "type 'delay' with country 'Spain' is in only 3 of 2,000 familiar rows, though each of them is common"
    )


def test_numbers_far_together_are_named():
    found = told("together", {"amount": 5, "fee": 700.5})
    assert (found.check, found.observed) == ("combination", "amount 5, fee 700.5")
    assert (
        found.sentence
        == "taken together, these numbers are far from those of every familiar row: amount 5, fee 700.5"
    )


def test_where_no_fact_stands_out_that_is_said():
    assert told("value", {}).sentence == "no single fact stands out"


@pytest.mark.parametrize("check", [*CHECKS, "colour"])
def test_of_what_was_not_learned_nothing_can_be_told(check):
    teller = Teller(Model((), None, None, None), Asked("x", None, {}), None)
    with pytest.raises(ValueError, match=f"^nothing was learned for {check}$"):
        teller.told(check, 0.1)


def of_text(check, text, fitted=None):
    fitted = small() if fitted is None else fitted
    asked = Asked(text, "refund", requests(1)[0].facts)
    features = judged(fitted.model, fitted.held_out, [asked], None).features
    return Teller(fitted.model, asked, features).told(check, 0.01)


def test_wording_lists_the_unseen_words_and_the_nearest_requests():
    found = of_text("wording", "my zebra ate the blue jacket")
    assert found.check == "wording"
    assert found.observed == "words never seen: 'zebra', 'ate'"
    types = [one.split(":")[0] for one in found.familiar.split("; ")]
    assert "blue jacket" in found.familiar
    assert "row" not in found.familiar
    assert found.sentence == (
        "the wording is unlike the familiar requests (words never seen: 'zebra', 'ate');"
        f" the nearest are of {', '.join(types)}"
    )


def test_of_many_unseen_words_only_some_are_listed():
    found = of_text("wording", "uno dos tres cuatro cinco seis siete")
    assert found.observed == "words never seen: 'uno', 'dos', 'tres', 'cuatro', 'cinco' and 2 more"


def test_known_words_in_another_order_are_told():
    assert of_text("wording", "shoes lamps the my").observed == (
        "all its words are known, but not said like this"
    )


def test_a_text_without_words_is_told():
    found = of_text("wording", "?!")
    assert (found.observed, found.familiar) == ("it has no words", "")
    assert found.sentence == (
        "the wording is unlike the familiar requests (it has no words); it is near to none of them"
    )
    assert of_text("letters", "🙂").sentence == "it has no letters to be read by"


def test_kept_texts_are_shown_up_to_their_beginning():
    long = [Asked(f"{one.text} {'and so on ' * 30}", one.type, {}) for one in requests(60)]
    fitted = learned(long, 10, kinds={}, keep_texts=True)
    near = of_text("wording", "zebra", fitted).familiar.split("; ")
    assert all("and so on and" in one and "…" in one for one in near)
    assert sum(map(len, near)) < 3 * 140


def test_without_kept_texts_types_and_rows_are_shown():
    fitted = learned(requests(60, facts=False), 10, kinds={})
    near = of_text("wording", "my zebra", fitted).familiar.split("; ")
    types = set(fitted.model.types)
    assert {one.split(" (row ")[0] for one in near} <= types


def test_another_script_is_named():
    found = of_text("letters", "верните деньги")
    assert found.sentence == (
        "it is written in Cyrillic letters; the familiar requests have Latin letters"
    )


def test_invisible_characters_are_counted():
    found = of_text("letters", "refund me for two lamps\u200b\u2060")
    assert (found.observed, found.familiar) == ("2 invisible characters", "none")
    assert found.sentence == "it has 2 invisible characters; familiar requests have none"


def test_another_language_has_unseen_groups_of_letters():
    found = of_text("letters", "Überweisen Sie umgehend den Kaufpreis zurück")
    assert found.sentence.endswith(
        "of its groups of letters are in no familiar request: it may be in another language, or no words at all"
    )
    assert found.observed.split("%")[0].isdigit()


def test_groups_of_letters_that_are_only_rare_are_told():
    model = Model((), None, fit_letters(["a b"]), None)
    found = Teller(model, Asked("a", None, {}), None).told("letters", 0.1)
    assert (
        found.sentence
        == "its letters are rare among the familiar requests: it may be names or misspelt"
    )


def test_where_no_letters_were_learned_none_are_named():
    model = Model((), None, fit_letters(["12"]), None)
    found = Teller(model, Asked("abc", None, {}), None).told("letters", 0.1)
    assert found.familiar == "no letters"


@pytest.mark.parametrize(
    ("text", "said"), [("a", "1 character;"), ("a" * 12_000, "12,000 characters;")]
)
def test_very_short_and_long_texts_say_how_long(text, said):
    found = of_text("length", text)
    assert found.check == "length"
    assert found.sentence.startswith(f"the text has {said} 98 of 100 familiar ones have ")
