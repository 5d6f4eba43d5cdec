"""The questions of `init`, one by one; each is asked again until its answer can be used."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Literal, TypeVar

import typer

from handraise.cli.answers import (
    NAME,
    Answers,
    PersonAnswer,
    RouteAnswer,
    as_yaml,
    person_id,
    probe,
)
from handraise.cli.output import say

Value = TypeVar("Value")

MAX_THRESHOLD = 1.0


class Unusable(ValueError):  # noqa: N818 - caught here, and the question is asked again
    """Why an answer cannot be used."""


def ask_all() -> Answers:
    """Return the answers of the person at the terminal."""
    say("A few questions, and the table is written. Enter takes what stands in brackets.\n")
    agent = _ask("What is the agent called?", _identifier, "support-agent")
    purpose = _ask("What does it do, in one line?", _line, "")
    people: dict[str, PersonAnswer] = {}
    say("\nEvery stop ends with a named human.")
    owner = _ask_person("Who is the last resort, when nobody else takes it (full name)?", people)
    unsure = _ask_route(
        "Which route takes what the agent is unsure of, or has not seen before?",
        "support_supervisor",
        people,
        {},
    )
    stakes = _ask_route(
        "Which route takes what has high stakes?", "finance_lead", people, {unsure.id: unsure}
    )
    say()
    threshold = _ask("Under which confidence does it stop?", _threshold, "0.72")
    fact = _ask("Which number says how much is at stake?", _fact, "revenue_usd")
    limit = _ask(f"Over how much {fact}, in either direction, does it stop?", _limit, "5000")
    known = _ask("Which types of request was it trained on (comma between them)?", _types, None)
    return Answers(
        agent=agent,
        purpose=purpose,
        owner=owner,
        people=tuple(people.values()),
        unsure=unsure,
        stakes=stakes,
        threshold=threshold,
        fact=fact,
        limit=limit,
        known=known,
    )


def _ask(question: str, read: Callable[[str], Value], proposed: str | None) -> Value:
    """Return the first answer that can be used."""
    while True:
        written: str = typer.prompt(
            question, default=proposed, show_default=bool(proposed), prompt_suffix=" "
        )
        try:
            return read(" ".join(written.split()))
        except Unusable as problem:
            say(f"  {problem}")


def _ask_person(question: str, people: dict[str, PersonAnswer]) -> str:
    """Return the id of the person named; a new one is asked how to be reached."""
    return _person(_ask(question, _full_name, None), people)


def _person(name: str, people: dict[str, PersonAnswer]) -> str:
    for one in people.values():
        if name.lower() in {one.name.lower(), one.id}:
            return one.id
    contact = _ask(f"  How is {name} reached (mail address, or Apprise URL)?", _contact, None)
    id = person_id(name, set(people))
    people[id] = PersonAnswer(id=id, name=name, contact=contact)
    return id


def _ask_route(
    question: str, proposed: str, people: dict[str, PersonAnswer], routes: dict[str, RouteAnswer]
) -> RouteAnswer:
    id = _ask(question, _route, proposed)
    if id in routes:
        return routes[id]
    names = _ask("  Who is on it, in order (full names, comma between them)?", _full_names, None)
    ids = dict.fromkeys(_person(name, people) for name in names)
    return RouteAnswer(id=id, people=tuple(ids))


def _line(text: str) -> str:
    if len(text) > 500:
        raise Unusable("at most 500 characters")
    return text


def _identifier(text: str) -> str:
    if not NAME.fullmatch(text):
        raise Unusable("letters, digits, _ and -, beginning with a letter")
    return text


def _route(text: str) -> str:
    return _accepted(_identifier(text), "route")


def _full_name(text: str) -> str:
    if not text or "," in text:
        raise Unusable("one full name, e.g. Dana Reyes")
    return _line(text)


def _full_names(text: str) -> list[str]:
    return [_full_name(name) for name in _separated(text)]


def _contact(text: str) -> str:
    from handraise.channels.contacts import contact_problem

    if re.fullmatch(r"[^@\s:/?#]+@[^@\s:/?#.]+(\.[^@\s:/?#.]+)+", text):
        return f"mailto:{text}"
    if ":" not in text:
        raise Unusable("a mail address such as dana@example.com, or an Apprise URL")
    problem = contact_problem(text)
    if problem:
        raise Unusable(problem)
    return text


def _threshold(text: str) -> float:
    found = _finite(text)
    if not 0 < found <= MAX_THRESHOLD:
        raise Unusable("over 0 and at most 1, e.g. 0.72")
    return found


def _fact(text: str) -> str:
    return _accepted(_identifier(text), "fact")


def _accepted(name: str, kind: Literal["fact", "route"]) -> str:
    """Return a name that the table takes, by its own rules: some words are its own."""
    from handraise.core.table.read import read

    errors = read(as_yaml(probe(**{kind: name}))).errors
    if errors:
        raise Unusable(f"{errors[0].message}; {errors[0].hint}".removesuffix("; "))
    return name


def _limit(text: str) -> float:
    found = _finite(text.replace(",", ""))
    if not 0 <= found < 1e15:
        raise Unusable("a number of 0 or more, e.g. 5000")
    return found


def _finite(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        raise Unusable("a number, please") from None
    if not math.isfinite(found):
        raise Unusable("a number, please")
    return found


def _types(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_line(name) for name in _separated(text)))


def _separated(text: str) -> list[str]:
    found = [part for part in (piece.strip() for piece in text.split(",")) if part]
    if not found:
        raise Unusable("at least one")
    return found
