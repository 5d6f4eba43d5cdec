"""`audits`: what goes wrong alone, what waits for a look, and answering it from a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from msgspec import Struct

from handraise.cli.options import DEFAULT_TABLE, AsJson, StoreUrl, settings_at
from handraise.cli.output import columns, counted, json_text, note, say, say_json
from handraise.errors import AnswerError, Error, InputError

if TYPE_CHECKING:
    from handraise.model import Audit, DecisionRecord
    from handraise.service.auditing.answering import Audits, Question
    from handraise.service.auditing.estimating import Alone, Estimating
    from handraise.service.reading.shelf import Shelf

app = typer.Typer(
    help="See what goes wrong among decisions that were taken alone, and look at those that wait.",
    rich_markup_mode=None,
)

Beside = Annotated[
    Path, typer.Option("--table", metavar="TABLE", help="The table; its store lies beside it.")
]
Which = Annotated[str, typer.Argument(metavar="ID", help="Of the audit, as `--mine` lists it.")]
By = Annotated[
    str | None, typer.Option("--as", metavar="PERSON", help="Who looks: whom it was put to.")
]
Words = Annotated[str, typer.Option("--note", metavar="TEXT", help="In your words.")]
Cost = Annotated[
    float | None, typer.Option("--cost", metavar="NUMBER", help="What a wrong one cost.")
]
Answer = Annotated[str, typer.Argument(metavar="ANSWER", help="right, wrong or cannot-tell.")]


LONGEST_CASE = 40
OPTIONS = {"chosen": "--would", "answer": "ANSWER", "stake": "--cost", "note": "--note"}
"""How the fields of an answer are typed here."""


class Place(Struct, frozen=True):
    """A store with what reads and keeps audits in it."""

    shelf: Shelf
    audits: Audits
    estimating: Estimating


@app.callback(invoke_without_command=True)
def audits(
    context: typer.Context,
    mine: Annotated[
        bool, typer.Option("--mine", help="What waits for the look of --as instead.")
    ] = False,
    by: By = None,
    table: Beside = DEFAULT_TABLE,
    agent: Annotated[
        str | None, typer.Option("--agent", metavar="AGENT", help="Whose. Otherwise all.")
    ] = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show how much of what an agent decides alone is wrong, with its bound, and what waits.

    Decisions are drawn by lot where the table has an `audit` line. What nobody has answered is
    never counted as right.
    """
    if context.invoked_subcommand is not None:
        return
    with _opened(table, store) as place:
        if mine:
            waiting = place.audits.mine(_named(by))
            _say_waiting(waiting, place.audits.about(waiting), as_json=as_json)
            return
        agents = place.shelf.agents() if agent is None else [agent]
        found = [place.estimating.alone(one) for one in agents]
    if as_json:
        say_json(found)
        return
    for one in found:
        _say_alone(one)


@app.command()
def show(
    which: Which,
    would: Annotated[
        str | None,
        typer.Option(
            "--would",
            metavar="ACTION",
            help="What you would have done; said once, and only then you see what the agent did.",
        ),
    ] = None,
    by: By = None,
    table: Beside = DEFAULT_TABLE,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show a decision to look at: first what the agent saw, then what it did."""
    with _opened(table, store) as place:
        person = _named(by)
        if would is None:
            question = place.audits.question(which, person)
        else:
            question = place.audits.choose(which, person, would)
    if as_json:
        say_json(_shown(question))
    else:
        _say_question(question)


@app.command()
def answer(
    which: Which,
    said: Answer,
    by: By = None,
    cost: Cost = None,
    words: Words = "",
    table: Beside = DEFAULT_TABLE,
    store: StoreUrl = None,
) -> None:
    """Say whether a decision was right; the first answer stands."""
    with _opened(table, store) as place:
        place.audits.answer(which, _named(by), said, stake=cost, note=words)
        left = len(place.audits.mine(_named(by)))
    say(f"{which}: {said}")
    note(f"{counted(left, 'more waits', 'more wait')} for your look")


@app.command()
def settle(
    which: Which,
    said: Answer,
    by: By = None,
    cost: Cost = None,
    words: Words = "",
    table: Beside = DEFAULT_TABLE,
    store: StoreUrl = None,
) -> None:
    """Say, as the owner, what counts where two people see a decision differently."""
    with _opened(table, store) as place:
        decision, _, number = which.rpartition(".")
        id = decision if number.isdigit() and decision else which
        place.audits.settle(id, _named(by), said, stake=cost, note=words)
    say(f"{id}: {said} counts")


@contextmanager
def _opened(table: Path, store: str | None) -> Iterator[Place]:
    """Yield the store beside a table, or the one that is named."""
    from handraise.clock import SystemClock
    from handraise.service.auditing.answering import Audits
    from handraise.service.auditing.estimating import Estimating
    from handraise.service.reading.shelf import Shelf
    from handraise.store import open_store

    opened = open_store(settings_at(store, table).store_url or "")
    try:
        clock = SystemClock()
        shelf = Shelf(opened, clock)
        whose = _agent_beside(table)
        if whose is not None:  # the calibration, with its promise, lies beside the table
            shelf.learned.register(whose, table.resolve().parent)
        yield Place(shelf, Audits(opened, shelf, clock), Estimating(opened, shelf, clock))
    except AnswerError as error:
        field, colon, rest = error.message.partition(": ")
        raise AnswerError(f"{OPTIONS.get(field, field)}{colon}{rest}", error.hint) from None
    finally:
        opened.close()


def _agent_beside(table: Path) -> str | None:
    from handraise.service.learning.gathering import agent_of

    try:
        return agent_of(table)
    except Error:
        return None


def _named(by: str | None) -> str:
    if by is None:
        raise InputError("--as: nobody looks", "--as PERSON, whom it was put to")
    return by


def _say_waiting(waiting: list[Audit], about: dict[str, DecisionRecord], *, as_json: bool) -> None:
    lines = [_line(one, about.get(one.decision_id)) for one in waiting]
    if as_json:
        say_json(lines)
    elif not waiting:
        say("nothing waits for your look")
    else:
        rows = [
            (
                one["id"],
                one["agent"],
                one["type"] or "-",
                (one["case"] or "-")[:LONGEST_CASE],
                f"{one['drawn_at']:%Y-%m-%d %H:%M}",
                f"{one['due_at']:%Y-%m-%d %H:%M}",
            )
            for one in lines
        ]
        say(columns(("id", "agent", "type", "case", "decided", "due (UTC)"), rows))
        note("`handraise audits show ID --as PERSON` shows one")


def _line(audit: Audit, decision: DecisionRecord | None) -> dict[str, Any]:
    """Return an audit as it is listed: nothing of what the agent made of it."""
    return {
        "id": audit.id,
        "agent": audit.agent,
        "type": None if decision is None else decision.type,
        "case": None if decision is None else decision.case,
        "drawn_at": audit.drawn_at,
        "due_at": audit.due_at,
    }


def _say_alone(alone: Alone) -> None:
    from handraise.service.auditing.telling import (
        against_promise,
        beside,
        headline,
        name_of_window,
        rate_words,
    )
    from handraise.service.watch.words import percent

    say(headline(alone), bold=True)
    say(against_promise(alone))
    header = ("", "went ahead", "drawn", "answered", "wrong", "share", "at most", "at worst")
    rows = []
    for window in alone.windows:
        found = window.estimate
        answered = found.right + found.wrong + found.unclear
        rows.append(
            (
                name_of_window(window),
                f"{found.decisions:,}",
                f"{answered + found.pending:,}",
                f"{answered:,}",
                f"{found.wrong:,}",
                rate_words(found),
                percent(found.bound),
                percent(found.rate_at_worst),
            )
        )
    say(columns(header, rows))
    for line in beside(alone):
        say(f"- {line}")
    for one in alone.disagreements:
        say(f"- seen differently: {one.decision_id} ({' and '.join(one.answers)})")
    say()


def _shown(question: Question) -> dict[str, Any]:
    """Return what `audits show --json` says: nothing of the agent's before the reader's own."""
    audit, decision = question.audit, question.decision
    found: dict[str, Any] = {
        "id": audit.id,
        "agent": audit.agent,
        "decided_at": audit.drawn_at,
        "type": decision.type,
        "case": decision.case,
        "text": audit.text,
        "context": audit.context,
        "erased": question.is_erased,
        "asks": "would" if question.is_blind else "answer" if question.is_mine else None,
        "choices": question.choices,
    }
    if not question.is_blind:
        found |= {
            "action": decision.action,
            "proposal": decision.proposal,
            "confidence": decision.confidence,
            "chosen": audit.chosen,
            "answer": audit.answer,
        }
    return found


def _say_question(question: Question) -> None:
    audit, decision = question.audit, question.decision
    say(f"{audit.agent} decided this alone on {audit.drawn_at:%Y-%m-%d %H:%M} UTC", bold=True)
    if question.is_erased:
        say("the personal data of it were erased")
    for label, value in (("kind of request", decision.type), ("case", decision.case)):
        if value:
            say(f"{label}: {value}")
    for value in (audit.text, audit.context):
        if value not in (None, "", {}, []):
            say(f"\n{value if isinstance(value, str) else json_text(value)}\n")
    if question.is_blind:
        say(f"What would you have done? --would with one of: {', '.join(question.choices)}")
    else:
        _say_done(question)


def _say_done(question: Question) -> None:
    """Print what the agent did, and what was said of it."""
    audit, decision = question.audit, question.decision
    if decision.action is None and not question.is_mine:
        say("what the agent did is not yours to know yet")
        return
    say(f"the agent's action: {decision.action or 'not named'}", bold=True)
    if decision.proposal is not None:
        say(json_text(decision.proposal))
    if audit.chosen is not None:
        say(f"you would have: {audit.chosen}")
    if question.is_mine:
        note(f"`handraise audits answer {audit.id} right|wrong|cannot-tell --as PERSON`")
    elif audit.answer is not None:
        say(f"answered: {audit.answer}")
