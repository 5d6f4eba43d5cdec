"""What is unusual about a decision, in words a person can act on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from handraise.core.familiar.facts import LOOKS, TYPE, Facts, Found, value_text
from handraise.core.familiar.grams import Words, words_of
from handraise.core.familiar.letters import Letters
from handraise.core.familiar.look import Asked, Check, Unusual
from handraise.core.familiar.model import Model
from handraise.core.familiar.wording import Features, Wording
from handraise.core.table.expression import nearest
from handraise.core.table.values import shown

SHOWN_WORDS = 5
SHOWN_TEXT = 120

MANY = 0.25
"""With so many groups of letters that were never seen, a text is hardly in the same language."""


class Teller:
    """Words what is unusual about one decision."""

    def __init__(self, model: Model, asked: Asked, features: Features | None) -> None:
        """Keep what was learned and what was judged."""
        self._model = model
        self._asked = asked
        self._features = features

    def told(self, name: str, p: float) -> Unusual:
        """Return one check's finding.

        Args:
            name: one of `CHECKS`.
            p: its p-value.

        Raises:
            ValueError: nothing was learned for it.
        """
        text, letters, facts = self._asked.text or "", self._model.letters, self._model.facts
        wording, features = self._model.wording, self._features
        if name == "wording" and wording is not None and features is not None:
            return self._wording(p, wording, features)
        if name == "type" and wording is not None and features is not None:
            return self._type(p, wording, features)
        if name == "letters" and letters is not None:
            return _letters(p, letters, text)
        if name == "length" and letters is not None:
            return _length(p, letters, text)
        if name in LOOKS and facts is not None:
            return self._fact(name, p, facts)
        msg = f"nothing was learned for {name}"
        raise ValueError(msg)

    def _wording(self, p: float, wording: Wording, features: Features) -> Unusual:
        near: dict[str, list[str]] = {}
        for place in wording.nearest(features):
            type, row = self._model.types[int(wording.types[place])], f"{wording.rows[place]:,}"
            said = shown(wording.texts[place], SHOWN_TEXT) if wording.texts is not None else row
            near.setdefault(type, []).append(said)
        what = _what_is_unlike(wording.words, features.texts[0])
        form = "{}: {}" if wording.texts is not None else "{} (row {})"
        known = "; ".join(form.format(type, ", ".join(said)) for type, said in near.items())
        tail = f"the nearest are of {', '.join(near)}" if near else "it is near to none of them"
        sentence = f"the wording is unlike the familiar requests ({what}); {tail}"
        return _unusual("wording", "", p, what, known, sentence)

    def _type(self, p: float, wording: Wording, features: Features) -> Unusual:
        likeliest = self._model.types[int(wording.evidence(features)[0].argmax())]
        stated = shown(self._asked.type)
        sentence = f"the agent takes it for {stated}, and it is worded like {shown(likeliest)}"
        return _unusual("type", "", p, stated, shown(likeliest), sentence)

    def _fact(self, name: str, p: float, facts: Facts) -> Unusual:
        found = facts.looks(self._asked.facts, self._asked.type)[name]
        if not found.facts:
            nothing = "no single fact stands out"
            return _unusual("combination", "", p, nothing, "the familiar rows", nothing)
        match name:
            case "value":
                return self._value(p, facts, found.facts[0])
            case "number":
                fact = found.facts[0]
                return self._number(p, fact, facts.numbers[fact].familiar, "number")
            case "missing":
                return self._missing(p, facts, found.facts[0])
            case "pair":
                return self._pair(p, facts, found)
            case "number_for_type":
                fact, type = found.facts[1], self._asked.type or ""
                return self._number(p, fact, facts.numbers[fact].by_type[type], "combination")
            case _:
                return self._together(p, found)

    def _value(self, p: float, facts: Facts, fact: str) -> Unusual:
        values, value = facts.values[fact], value_text(self._asked.facts[fact])
        if count := values.rows(value):
            known = f"{count:,} of {values.count:,} familiar rows"
            sentence = f"{fact} is {shown(value)}, which is in {known}"
            return _unusual("value", fact, p, shown(value), known, sentence)
        near = nearest(value, values.shown, "").removeprefix("did you mean ").removesuffix("?")
        known = _listed(values.shown) or "no value that several rows have"
        tail = f"the nearest known is {near}" if near else f"known: {known}"
        sentence = f"{fact} is {shown(value)}, which is in no familiar row; {tail}"
        return _unusual("value", fact, p, shown(value), known, sentence)

    def _number(self, p: float, fact: str, familiar: NDArray[np.float64], check: Check) -> Unusual:
        value = _number_text(float(self._asked.facts[fact]))
        share, low, high = _ends(familiar, float(self._asked.facts[fact]))
        whose = f" for {self._asked.type}" if check == "combination" else ""
        between = _between(_number_text(low), _number_text(high))
        known = f"{share} of 100 familiar ones{whose} are {between}"
        return _unusual(check, fact, p, value, known, f"{fact} is {value}; {known}")

    def _missing(self, p: float, facts: Facts, fact: str) -> Unusual:
        without = round(facts.missing[fact] * facts.rows)
        if fact in self._asked.facts:
            known = f"{without:,} of {facts.rows:,} familiar rows are without it"
            return _unusual("missing", fact, p, "there", known, f"{fact} is there; {known}")
        known = f"{facts.rows - without:,} of {facts.rows:,} familiar rows have it"
        return _unusual("missing", fact, p, "missing", known, f"{fact} is missing; {known}")

    def _pair(self, p: float, facts: Facts, found: Found) -> Unusual:
        there = {**self._asked.facts, TYPE: self._asked.type or ""}
        one, other = found.facts
        first, second = value_text(there[one]), value_text(there[other])
        count = facts.pair_count(one, first, other, second)
        what = f"{one or 'type'} {shown(first)} with {other or 'type'} {shown(second)}"
        known = f"{count:,} of {facts.rows:,} familiar rows"
        seen = f"only {known}" if count else "no familiar row"
        sentence = f"{what} is in {seen}, though each of them is common"
        return _unusual("combination", "", p, what, known, sentence)

    def _together(self, p: float, found: Found) -> Unusual:
        what = ", ".join(
            f"{fact} {_number_text(float(self._asked.facts[fact]))}" for fact in found.facts
        )
        sentence = f"taken together, these numbers are far from those of every familiar row: {what}"
        return _unusual("combination", "", p, what, "numbers of one row that are nearer", sentence)


def _letters(p: float, letters: Letters, text: str) -> Unusual:
    signs, usual_signs = letters.strange_signs(text)
    if signs:
        sentence = f"it has {signs}; familiar requests have {usual_signs}"
        return _unusual("letters", "", p, signs, usual_signs, sentence)
    script = letters.strange_script(text)
    usual = max(letters.scripts, key=lambda one: letters.scripts[one], default="no")
    if script:
        what, known = f"{script} letters", f"{usual} letters"
        sentence = f"it is written in {what}; the familiar requests have {known}"
        return _unusual("letters", "", p, what, known, sentence)
    known = "groups of letters that were learned"
    if not words_of(text):
        return _unusual("letters", "", p, "no letters", known, "it has no letters to be read by")
    share = letters.unseen_share(text)
    whose = "in no familiar request" if share >= 0.005 else "rare among the familiar requests"
    what = f"{share:.0%} of its groups of letters are" if share >= 0.005 else "its letters are"
    perhaps = "in another language, or no words at all" if share >= MANY else "names or misspelt"
    sentence = f"{what} {whose}: it may be {perhaps}"
    return _unusual("letters", "", p, f"{what} {whose}", known, sentence)


def _length(p: float, letters: Letters, text: str) -> Unusual:
    share, *ends = _ends(letters.lengths, float(len(text)))
    low, high = (f"{round(at):,}" for at in ends)
    count = len(text)
    what = f"{count:,} character{'s' if count != 1 else ''}"
    known = f"{share} of 100 familiar ones have {_between(low, high)}"
    return _unusual("length", "", p, what, known, f"the text has {what}; {known}")


def _what_is_unlike(words: Words, text: str) -> str:
    strange = words.unseen_words(text)
    if strange:
        return f"words never seen: {_listed(strange)}"
    if words_of(text):
        return "all its words are known, but not said like this"
    return "it has no words"


def _listed(words: Sequence[str]) -> str:
    """Return the first few of some words, and how many more there are; empty for none."""
    listed = ", ".join(shown(word) for word in words[:SHOWN_WORDS])
    more = len(words) - SHOWN_WORDS
    return f"{listed} and {more:,} more" if more > 0 else listed


def _ends(familiar: NDArray[np.float64], value: float) -> tuple[int, float, float]:
    """Return (how many of 100, low, high): the widest range that leaves a number out.

    Where it is in all of them the narrowest is told, 80 of 100.
    """
    for share in (98, 95, 90, 80):
        tail = (1 - share / 100) / 2
        low, high = (float(np.quantile(familiar, at)) for at in (tail, 1 - tail))
        if not low <= value <= high:
            break
    return share, low, high


def _between(low: str, high: str) -> str:
    return low if low == high else f"{low} to {high}"


def _unusual(
    check: Check, fact: str, p: float, observed: str, familiar: str, sentence: str
) -> Unusual:
    return Unusual(
        check=check, fact=fact, p=p, observed=observed, familiar=familiar, sentence=sentence
    )


def _number_text(value: float) -> str:
    return f"{int(value):,}" if value == int(value) and abs(value) < 1e15 else f"{value:,.6g}"
