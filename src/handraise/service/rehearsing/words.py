"""What an exercise came to, in plain words: for the page, the paper and the terminal alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from handraise.core.agreement import LEAST_FOR_ALPHA, Agreement
from handraise.core.table.units import duration_text
from handraise.model import OWNER
from handraise.service.rehearsing.protocol import Answered, Asked, Protocol
from handraise.service.telling.wording import one_line, visible

LONGEST = 300

ENDED = {
    "answered": "everybody had answered everything",
    "time": "its time was over",
    "owner": "its owner ended it",
}

SAID = {
    "approve": "approve",
    "change": "change",
    "reject": "reject",
    "instruct": "instruct the agent",
    "take_over": "take over",
    None: "no answer",
}


def route_words(route: str) -> str:
    """Return what a route is called."""
    return "the owner" if route == OWNER else route


def verdict_words(protocol: Protocol) -> str:
    """Return the whole in a sentence or two."""
    answers = protocol.answers
    given = sum(answer.kind is not None for answer in answers)
    heard = sum(one.answered > 0 for one in protocol.people.values())
    people = f"{heard} of {counted(len(protocol.people), 'person', 'people')}"
    head = f"{given} of {counted(len(answers), 'answer')} came in time, from {people}."
    return f"{head} {agreement_sentence(protocol.agreement)}"


def agreement_sentence(found: Agreement) -> str:
    """Return how far people agree, small numbers as numbers."""
    if not found.pairs:
        return "No question was answered by two people, so nothing can be said of agreement."
    words = f"{pairs_words(found)} of answers to the same question agree"
    if found.alpha is not None:
        return f"{words}; Krippendorff's alpha is {found.alpha:.2f}."
    if found.compared < LEAST_FOR_ALPHA:
        return f"{words}: too few for a coefficient."
    return f"{words}: nobody answered anything else, so there is no coefficient."


def pairs_words(found: Agreement) -> str:
    """Return `3 of 4 pairs`; what there is to say where there is no pair."""
    return f"{found.alike} of {counted(found.pairs, 'pair')}" if found.pairs else "no pairs"


def alpha_words(found: Agreement) -> str:
    """Return the coefficient, or that there is none."""
    return "–" if found.alpha is None else f"{found.alpha:.2f}"


def differing(protocol: Protocol) -> tuple[Asked, ...]:
    """Return the questions at which the answers of two people differ."""
    return tuple(question for question in protocol.questions if question.alike < question.pairs)


def expectation_words(question: Asked) -> tuple[str, ...]:
    """Return how a question stands to what its case expects, and to how it ended when real."""
    lines = []
    if question.expected is not None:
        lines.append(_expected(question, question.expected))
    if question.before:
        lines.append(f"When it was real: {tame(question.before)}.")
    return tuple(lines)


def _expected(question: Asked, expected: tuple[str, ...]) -> str:
    given = [answer for answer in question.answers if answer.kind is not None]
    as_is = sum(answer.kind == "approve" for answer in given)
    said = f"{as_is} of {counted(len(given), 'person', 'people')} approved it as it is"
    if not given:
        said = "nobody answered"
    routes = " and ".join(map(route_words, expected))
    if not expected:
        return f"The case expects it to go ahead, and it stopped; {said}."
    if set(expected) == set(question.routes):
        return f"The case expects it to stop at {routes}, and it did; {said}."
    got = " and ".join(map(route_words, question.routes))
    return f"The case expects it to stop at {routes}, and it stopped at {got}; {said}."


def answer_words(answer: Answered) -> str:
    """Return what a person answered, the changed values included."""
    said = SAID[answer.kind]
    if answer.kind != "change":
        return said
    changed = [value_words(answer.proposal)] if answer.proposal is not None else []
    changed += [f"facts {value_words(answer.facts)}"] if answer.facts is not None else []
    return f"{said} to {', '.join(changed)}" if changed else said


def own_words(answer: Answered) -> str:
    """Return what a person wrote with their answer; what was unclear apart."""
    return tame(" · ".join(filter(None, (answer.instruction, answer.reason))))


def unclear(protocol: Protocol) -> tuple[str, ...]:
    """Return what was unclear, a line each: to whom, at which question."""
    return tuple(
        f"{name_of(protocol, answer.person)}, question {question.number} ({tame(question.name)}): "
        f"{tame(answer.unclear, 2_000)}"
        for question in protocol.questions
        for answer in question.answers
        if answer.unclear
    )


def unanswered(protocol: Protocol) -> tuple[str, ...]:
    """Return what was never answered, a line each: by whom, and whether they had seen it."""
    return tuple(
        f"Question {question.number} ({tame(question.name)}): {name_of(protocol, answer.person)} "
        f"{'opened it and did not answer' if answer.seen_at else 'never opened it'}"
        for question in protocol.questions
        for answer in question.answers
        if answer.kind is None
    )


def late(protocol: Protocol) -> tuple[str, ...]:
    """Return the names of those who had not answered everything when it ended."""
    return tuple(one.name for one in protocol.people.values() if one.answered < one.asked)


def after_words(protocol: Protocol, answer: Answered) -> str:
    """Return how long after the start a person answered."""
    if answer.answered_at is None:
        return "–"
    return duration_text(round((answer.answered_at - protocol.started_at).total_seconds()))


def name_of(protocol: Protocol, person: str) -> str:
    """Return a person's full name; the id of one who was not asked."""
    told = protocol.people.get(person)
    return tame(told.name if told is not None else person, 80)


def value_words(value: Any) -> str:
    """Return a plain value on one line."""
    return tame(msgspec.json.encode(value).decode())


def tame(text: str, most: int = LONGEST) -> str:
    """Return what somebody wrote on one line, clipped, with nothing hidden in it."""
    kept = one_line(visible(text[: 4 * most].replace("\n", " ")))
    return kept if len(kept) <= most else f"{kept[: most - 1]}…"


def counted(count: int, one: str, many: str = "") -> str:
    """Return `1 pair`, `4 pairs`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def joined(names: Sequence[str]) -> str:
    """Return names in a row: `a, b and c`."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
