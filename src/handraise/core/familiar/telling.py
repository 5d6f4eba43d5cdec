"""What is unusual about a decision, in words a person can act on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from handraise.core.familiar.facts import TYPE, Facts, Found, value_text
from handraise.core.familiar.letters import Letters
from handraise.core.familiar.look import Asked, Check, Unusual
from handraise.core.familiar.model import Model
from handraise.core.familiar.wording import Features
from handraise.core.table.expression import nearest
from handraise.core.table.values import shown

SHOWN_WORDS = 5
SHOWN_TEXT = 120


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
        """
        text, letters, facts = self._asked.text or "", self._model.letters, self._model.facts
        if name == "wording" and self._features is not None:
            return self._wording(p, self._features)
        if name == "letters" and letters is not None:
            return _letters(p, letters, text)
        if name == "length" and letters is not None:
            return _length(p, letters, text)
        if facts is None:
            msg = f"nothing was learned for {name}"
            raise ValueError(msg)
        return self._fact(name, p, facts)

    def _wording(self, p: float, features: Features) -> Unusual:
        wording = self._model.wording
        if wording is None:
            msg = "no wording was learned"
            raise ValueError(msg)
        near = []
        for place in wording.nearest(features):
            type = self._model.types[int(wording.types[place])]
            said = wording.texts[place] if wording.texts is not None else ""
            quoted = f" {shown(said[:SHOWN_TEXT])}" if said else ""
            near.append(f"{type}{quoted} (row {int(wording.rows[place]):,})")
        strange = wording.words.unseen_words(features.texts[0])
        if strange:
            listed = ", ".join(shown(word) for word in strange[:SHOWN_WORDS])
            more = len(strange) - SHOWN_WORDS
            what = f"words never seen: {listed}" + (f" and {more} more" if more > 0 else "")
        else:
            what = "all its words are known, but not said like this"
        sentence = f"the wording is unlike the familiar requests ({what}); the nearest are "
        return _unusual("wording", "", p, what, "; ".join(near), sentence + "; ".join(near))

    def _fact(self, name: str, p: float, facts: Facts) -> Unusual:
        found = facts.looks(self._asked.facts, self._asked.type)[name]
        if not found.facts:
            return _unusual("missing", "", p, "no facts", "facts", "there is no fact to look at")
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
        if values.is_seen(value):
            count = round(values.share(value) * (values.count + 1.0) - 0.5)
            known = f"{count:,} of {values.count:,} familiar rows"
            sentence = f"{fact} is {shown(value)}, which is in only {known}"
            return _unusual("value", fact, p, shown(value), known, sentence)
        near = nearest(value, list(values.shown), "").removeprefix("did you mean ")
        tail = f"; the nearest known is {near.removesuffix('?')}" if near else ""
        known = ", ".join(shown(one) for one in values.shown[:SHOWN_WORDS])
        sentence = f"{fact} is {shown(value)}, which is in no familiar row{tail}"
        return _unusual("value", fact, p, shown(value), known, sentence)

    def _number(self, p: float, fact: str, familiar: NDArray[np.float64], check: Check) -> Unusual:
        value = _number_text(float(self._asked.facts[fact]))
        low, high = (_number_text(float(np.quantile(familiar, at))) for at in (0.01, 0.99))
        whose = f" for {self._asked.type}" if check == "combination" else ""
        known = f"98 of 100 familiar ones{whose} are {low} to {high}"
        return _unusual(check, fact, p, value, known, f"{fact} is {value}; {known}")

    def _missing(self, p: float, facts: Facts, fact: str) -> Unusual:
        share = facts.missing[fact]
        if fact in self._asked.facts:
            known = f"{share:.1%} of familiar rows are without it"
            return _unusual("missing", fact, p, "there", known, f"{fact} is there; {known}")
        known = f"{1 - share:.1%} of familiar rows have it"
        return _unusual("missing", fact, p, "missing", known, f"{fact} is missing; {known}")

    def _pair(self, p: float, facts: Facts, found: Found) -> Unusual:
        there = {**self._asked.facts, TYPE: self._asked.type or ""}
        one, other = found.facts
        first, second = value_text(there[one]), value_text(there[other])
        count = facts.pair_count(one, first, other, second)
        what = f"{one or 'type'} {shown(first)} with {other or 'type'} {shown(second)}"
        known = f"{count:,} of {facts.rows:,} familiar rows"
        sentence = f"{what} is in {known if count else 'no familiar row'}, though each is common"
        return _unusual("combination", "", p, what, known, sentence)

    def _together(self, p: float, found: Found) -> Unusual:
        what = ", ".join(
            f"{fact} {_number_text(float(self._asked.facts[fact]))}" for fact in found.facts
        )
        sentence = f"these numbers are far from every familiar row when taken together: {what}"
        return _unusual("combination", "", p, what, "rows near it", sentence)


def _letters(p: float, letters: Letters, text: str) -> Unusual:
    script = letters.strange_script(text)
    usual = max(letters.scripts, key=lambda one: letters.scripts[one], default="none")
    if script:
        what, known = f"{script} letters", f"{usual} letters"
        sentence = f"it is written in {what}; the familiar requests are in {known}"
        return _unusual("letters", "", p, what, known, sentence)
    what = f"{letters.unseen_share(text):.0%} of its groups of letters are in no familiar request"
    sentence = f"{what}: it may be in another language, or no words at all"
    return _unusual("letters", "", p, what, "groups of letters that were learned", sentence)


def _length(p: float, letters: Letters, text: str) -> Unusual:
    low, high = (round(float(np.quantile(letters.lengths, at))) for at in (0.01, 0.99))
    what, known = f"{len(text):,} characters", f"98 of 100 familiar ones have {low:,} to {high:,}"
    return _unusual("length", "", p, what, known, f"the text has {what}; {known}")


def _unusual(
    check: Check, fact: str, p: float, observed: str, familiar: str, sentence: str
) -> Unusual:
    return Unusual(
        check=check, fact=fact, p=p, observed=observed, familiar=familiar, sentence=sentence
    )


def _number_text(value: float) -> str:
    return f"{int(value):,}" if value == int(value) and abs(value) < 1e15 else f"{value:,.6g}"
