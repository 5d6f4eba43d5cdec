"""What `init` learned from its questions, and the routing table that it writes of it."""

from __future__ import annotations

import json
import math
import re
import unicodedata

from msgspec import Struct

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_\-]{0,79}")


class PersonAnswer(Struct, frozen=True, kw_only=True):
    """A named human, as the team gave them: id, full name, contact."""

    id: str
    name: str
    contact: str


class RouteAnswer(Struct, frozen=True, kw_only=True):
    """A route: its name, and its people's ids in order."""

    id: str
    people: tuple[str, ...]


class Answers(Struct, frozen=True, kw_only=True):
    """All that the smallest table needs.

    Attributes:
        agent: the agent's name.
        purpose: one line; may be empty.
        owner: the id of the last resort.
        people: everybody.
        unsure: the route for low confidence and new situations.
        stakes: the route for high stakes; may be the same.
        threshold: the least confidence that goes ahead, in (0, 1].
        fact: the number that says how much is at stake.
        limit: how much goes ahead, in either direction.
        known: the types the agent was trained on.
    """

    agent: str
    purpose: str
    owner: str
    people: tuple[PersonAnswer, ...]
    unsure: RouteAnswer
    stakes: RouteAnswer
    threshold: float
    fact: str
    limit: float
    known: tuple[str, ...]


def person_id(name: str, taken: set[str]) -> str:
    """Return a short name for the table, of a person's full name: `Dana Reyes` gives `dana`."""
    words = re.findall(r"[a-z0-9]+", _ascii(name).lower())
    first = words[0] if words and words[0][0].isalpha() else "person"
    candidates = [first, "_".join(words) if len(words) > 1 else first]
    candidates += [f"{first}{n}" for n in range(2, len(taken) + 3)]
    return next(
        candidate
        for candidate in candidates
        if candidate not in taken and NAME.fullmatch(candidate)
    )


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def probe(*, fact: str = "amount", route: str = "supervisor") -> Answers:
    """Return answers whose table is sound exactly if these two names are."""
    person = PersonAnswer(id="somebody", name="Somebody", contact="mailto:somebody@example.com")
    one = RouteAnswer(id=route, people=(person.id,))
    return Answers(
        agent="agent",
        purpose="",
        owner=person.id,
        people=(person,),
        unsure=one,
        stakes=one,
        threshold=0.5,
        fact=fact,
        limit=1.0,
        known=("request",),
    )


def as_yaml(answers: Answers) -> str:
    """Return the routing table of the answers, with comments and with tests that it passes."""
    routes = {route.id: route.people for route in (answers.unsure, answers.stakes)}
    people = "".join(
        f"  {one.id}: {{name: {_text(one.name)}, contact: {_text(one.contact)}}}\n"
        for one in answers.people
    )
    listed = "".join(f"  {id}: [{', '.join(ids)}]\n" for id, ids in routes.items())
    known = "".join(f"  - {_text(name)}\n" for name in answers.known)
    purpose = f"purpose: {_text(answers.purpose)}\n" if answers.purpose else ""
    return (
        "# When this agent stops, and the named human each stop goes to.\n"
        "#   handraise check     finds what is wrong with this file\n"
        "#   handraise test      tries the tests below\n"
        "#   handraise table     prints it in plain words\n"
        f"handraise: 1\nagent: {answers.agent}\n{purpose}"
        f"owner: {answers.owner}   # the last resort: whatever nobody else takes ends here\n"
        "\npeople:   # a contact is a mail address or any Apprise URL; secrets as ${NAME}\n"
        f"{people}"
        "\nroutes:   # people in order; when a deadline passes, the next one has it\n"
        f"{listed}"
        f"\nfacts:\n  {answers.fact}: number   # stated; better worked out with from:\n"
        "\nknown:   # the types it was trained on; or {file: labelled.csv, column: type}\n"
        f"{known}"
        "\nescalate:   # the agent stops when any one of these holds\n"
        f"  confidence: {{below: {answers.threshold:.15g}, to: {answers.unsure.id}}}\n"
        f"  consequence: {{when: abs({answers.fact}) > {_number(answers.limit)}, "
        f"to: {answers.stakes.id}}}\n"
        f"  novelty: {{unknown: type, to: {answers.unsure.id}, tag: new situation}}\n"
        "\ntests:   # tried on every change\n"
        f"{_tests(answers)}"
    )


def _tests(answers: Answers) -> str:
    known = answers.known[0]
    unknown = next(
        name
        for n in range(len(answers.known) + 1)
        if (name := f"never_seen_{n}") not in answers.known
    )
    unsure, stakes = answers.unsure.id, answers.stakes.id
    over = answers.limit + max(1.0, answers.limit / 10)
    cases = [
        ("sure, known and small goes ahead", known, 1.0, 0.0, "proceed"),
        (
            "an unsure agent asks a person",
            known,
            answers.threshold - min(0.1, answers.threshold / 2),
            0.0,
            f"{{escalate: [{unsure}]}}",
        ),
        ("high stakes go to a person, however sure", known, 1.0, over, f"{{escalate: [{stakes}]}}"),
        ("in the other direction too", known, 1.0, -over, f"{{escalate: [{stakes}]}}"),
        ("a new situation goes to a person", unknown, 1.0, 0.0, f"{{escalate: [{unsure}]}}"),
    ]
    return "".join(
        f"  - name: {name}\n"
        f"    given: {{type: {_text(kind)}, confidence: {sure:.15g}, "
        f"facts: {{{answers.fact}: {_number(amount)}}}}}\n"
        f"    expect: {expected}\n"
        for name, kind, sure, amount, expected in cases
    )


def _text(text: str) -> str:
    """Return a text as a YAML scalar that can be nothing else."""
    return json.dumps(text, ensure_ascii=False)


def _number(value: float) -> str:
    return str(int(value)) if value == math.trunc(value) and abs(value) < 1e15 else repr(value)
