"""An exercise in words: the reader's questions, who is how far, and at its end what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from handraise.core.table.form import Form
from handraise.core.table.types import Table
from handraise.model import OWNER, Escalation, Rehearsal, RehearsalAsk
from handraise.service.desk import Targets
from handraise.service.rehearsing import words
from handraise.service.rehearsing.board import Board, PersonOnBoard, RouteOnBoard
from handraise.service.rehearsing.protocol import Answered, Asked, Protocol
from handraise.service.rehearsing.showing import as_escalation
from handraise.service.telling.wording.figures import units_of
from handraise.web.pages.views.escalation import EscalationPage, Seen, escalation_page
from handraise.web.pages.views.forms import Draft
from handraise.web.pages.views.panel import Mine
from handraise.web.pages.views.question import question, usable_name
from handraise.web.pages.views.words import (
    Moment,
    Reader,
    counted,
    route_name,
    sentence,
    span,
)

REFRESH_S = 5

AS_IF = (
    "Please answer as if it were real: nothing is done, whatever you answer, and nobody sees your "
    "answer before the exercise is over."
)
WAS = "Nothing is done, whatever was answered."


class Waiting(Struct, frozen=True):
    """That questions of an exercise wait for the reader, and where."""

    href: str
    sentence: str


class OwnQuestion(Struct, frozen=True, kw_only=True):
    """A question that was put to the reader; `state` is `open` or `answered`."""

    href: str
    title: str
    state: str
    state_words: str


class PersonRow(Struct, frozen=True, kw_only=True):
    """How far a person is, in words."""

    name: str
    told: str
    seen: str
    answered: str
    is_done: bool


class RouteRow(Struct, frozen=True, kw_only=True):
    """How far a route is, in words."""

    name: str
    answered: str
    silent: str


class AnswerRow(Struct, frozen=True, kw_only=True):
    """What somebody answered; `unclear` and `words` may be empty."""

    name: str
    kind: str
    answer: str
    after: str
    words: str
    unclear: str


class ResultQuestion(Struct, frozen=True, kw_only=True):
    """A question with everybody's answers."""

    title: str
    name: str
    differs: bool
    about: tuple[str, ...]
    answers: tuple[AnswerRow, ...]


class Result(Struct, frozen=True, kw_only=True):
    """What came of it.

    Attributes:
        verdict: in a sentence or two.
        agreement: what and how much of it agrees, line by line.
        questions: with everybody's answers.
        silent: what was never answered, a line each.
    """

    verdict: str
    agreement: tuple[tuple[str, str], ...]
    questions: tuple[ResultQuestion, ...]
    silent: tuple[str, ...]


class RehearsalPage(Struct, frozen=True, kw_only=True):
    """The page of one exercise.

    Attributes, where the name alone does not say it:
        left: how long is left, or why it ended.
        lead: who began it, when, with which decisions.
        mine: the reader's own questions; empty for who only looks.
        next: where the reader's next open question is; empty for nowhere.
        may_end: whether the reader may end it.
        refresh_s: after how many seconds the page looks again; 0 for never.
        result: what came of it; None while it runs: nobody sees an answer before.
    """

    id: str
    agent: str
    heading: str
    is_open: bool
    left: str
    ends: Moment
    lead: str
    mine: tuple[OwnQuestion, ...]
    next: str
    progress: str
    people: tuple[PersonRow, ...]
    routes: tuple[RouteRow, ...]
    aside: tuple[str, ...]
    may_end: bool
    refresh_s: int
    result: Result | None


def rehearsal_page(
    rehearsal: Rehearsal,
    asks: Sequence[RehearsalAsk],
    board: Board,
    table: Table,
    reader: Reader,
    protocol: Protocol | None,
    *,
    owner: str,
) -> RehearsalPage:
    """Return the page of an exercise.

    Args:
        rehearsal: which.
        asks: those that were put to the reader.
        board: how far everybody is.
        table: the version that is rehearsed.
        reader: who reads.
        protocol: what came of it; None while it runs.
        owner: who may end it.
    """
    titles = _titles(rehearsal, table)
    mine = tuple(_own(rehearsal, ask, titles) for ask in asks)
    is_open = rehearsal.is_open
    following = next((one.href for one in mine if one.state == "open"), "") if is_open else ""
    return RehearsalPage(
        id=rehearsal.id,
        agent=rehearsal.agent,
        heading=_heading(rehearsal, sum(one.state == "open" for one in mine)),
        is_open=is_open,
        left=_left(rehearsal, reader),
        ends=reader.moment(rehearsal.ended_at or rehearsal.ends_at),
        lead=_lead(rehearsal, reader),
        mine=mine,
        next=following,
        progress=f"{board.answered} of {counted(board.asked, 'answer')} given",
        people=tuple(_person(one, reader) for one in board.people),
        routes=tuple(map(_route, board.routes)),
        aside=_aside(rehearsal, reader),
        may_end=is_open and reader.id == owner,
        refresh_s=REFRESH_S if is_open else 0,
        result=None if protocol is None else _result(protocol, titles),
    )


def _titles(rehearsal: Rehearsal, table: Table) -> dict[int, str]:
    """Return each question in one sentence."""
    found = {}
    for one in rehearsal.questions:
        action = usable_name(one.decision.action)
        blank = _blank(rehearsal, one.number)
        found[one.number] = question(blank, units_of(table, action))
    return found


def _blank(rehearsal: Rehearsal, number: int) -> Escalation:
    ask = RehearsalAsk(rehearsal_id=rehearsal.id, number=number, person=OWNER, routes=(OWNER,))
    return replace(as_escalation(rehearsal, ask), state="open")


def _own(rehearsal: Rehearsal, ask: RehearsalAsk, titles: Mapping[int, str]) -> OwnQuestion:
    is_answered = ask.kind is not None
    missed = "open" if rehearsal.is_open else "not answered"
    return OwnQuestion(
        href=f"/rehearsals/{rehearsal.id}/{ask.number}",
        title=titles[ask.number],
        state="answered" if is_answered else "open",
        state_words="answered" if is_answered else missed,
    )


def _heading(rehearsal: Rehearsal, waiting: int) -> str:
    if not rehearsal.is_open:
        return f"The exercise of {rehearsal.agent} is over"
    if not waiting:
        return f"Exercise of {rehearsal.agent}"
    waits = "waits" if waiting == 1 else "wait"
    return f"{counted(waiting, 'question')} of the exercise {waits} for you"


def _left(rehearsal: Rehearsal, reader: Reader) -> str:
    if rehearsal.ended_why is not None:
        return sentence(words.ENDED[rehearsal.ended_why])
    seconds = (rehearsal.ends_at - reader.now).total_seconds()
    return sentence(f"{span(seconds)} left") if seconds > 0 else "Its time is over."


def _lead(rehearsal: Rehearsal, reader: Reader) -> str:
    started = reader.moment(rehearsal.started_at).absolute
    return (
        f"{sentence(reader.name(rehearsal.by)).rstrip('.')} began it {started}, with "
        f"{words.tame(rehearsal.source)}."
    )


def _person(one: PersonOnBoard, reader: Reader) -> PersonRow:
    return PersonRow(
        name=reader.full_name(one.person),
        told=_when(one.told_at, reader) if one.told_at else "not yet",
        seen=f"{one.seen} of {one.asked}",
        answered=f"{one.answered} of {one.asked}",
        is_done=one.answered == one.asked,
    )


def _when(at: datetime, reader: Reader) -> str:
    return reader.moment(at).absolute.removeprefix("today ")


def _route(one: RouteOnBoard) -> RouteRow:
    silent = "everybody" if not one.silent else f"{one.people - one.silent} of {one.people}"
    return RouteRow(
        name=route_name(one.route), answered=f"{one.answered} of {one.asked}", silent=silent
    )


def _aside(rehearsal: Rehearsal, reader: Reader) -> tuple[str, ...]:
    lines = [f"{words.tame(name)}: goes ahead by itself." for name in rehearsal.went_ahead]
    lines += [
        f"{words.tame(name)}: put to nobody, {words.tame(why)}."
        for name, why in rehearsal.left_out.items()
    ]
    lines += [
        f"{reader.full_name(person)} {why}, and was not asked."
        for person, why in rehearsal.absent.items()
    ]
    return tuple(lines)


def _result(protocol: Protocol, titles: Mapping[int, str]) -> Result:
    agreement = [("All questions", words.pairs_words(protocol.agreement))]
    agreement += [
        (sentence(route_name(route)).rstrip("."), words.pairs_words(found))
        for route, found in protocol.by_route.items()
    ]
    return Result(
        verdict=words.verdict_words(protocol),
        agreement=tuple(agreement),
        questions=tuple(
            _result_question(protocol, one, titles[one.number]) for one in protocol.questions
        ),
        silent=words.unanswered(protocol),
    )


def _result_question(protocol: Protocol, one: Asked, title: str) -> ResultQuestion:
    return ResultQuestion(
        title=f"{one.number}. {title}",
        name=words.tame(one.name),
        differs=one.alike < one.pairs,
        about=words.expectation_words(one),
        answers=tuple(_answer(protocol, answer) for answer in one.answers),
    )


def _answer(protocol: Protocol, answer: Answered) -> AnswerRow:
    return AnswerRow(
        name=words.name_of(protocol, answer.person),
        kind=answer.kind or "closed",
        answer=words.answer_words(answer),
        after="" if answer.answered_at is None else f"after {words.after_words(protocol, answer)}",
        words=words.own_words(answer),
        unclear=words.tame(answer.unclear, 2_000),
    )


def exercises_waiting(asks: Sequence[RehearsalAsk]) -> tuple[Waiting, ...]:
    """Return what the inbox says of the exercises that run.

    Args:
        asks: what waits for the reader in them.
    """
    waiting = Counter(ask.rehearsal_id for ask in asks)
    return tuple(
        Waiting(
            f"/rehearsals/{id}",
            f"{counted(count, 'question')} of an exercise "
            f"{'waits' if count == 1 else 'wait'} for you.",
        )
        for id, count in waiting.items()
    )


def question_page(
    rehearsal: Rehearsal,
    ask: RehearsalAsk,
    escalation: Escalation,
    form: Form | None,
    table: Table,
    reader: Reader,
    draft: Draft,
    place: str,
) -> EscalationPage:
    """Return the page of one question, in the look of a real one.

    Args:
        rehearsal: of which exercise.
        ask: the question as it was put to the reader.
        escalation: the same in the form of a real one.
        form: of its action's proposal, if the table has one.
        table: the version that is rehearsed.
        reader: who reads.
        draft: what was typed, when it was not taken.
        place: which of the reader's questions this is: `2 of 5`.
    """
    targets = Targets()
    mine = [
        Mine(ask=one, targets=targets, owner=table.owner)
        for one in escalation.asks
        if one.state == "open"
    ]
    seen = Seen(escalation=escalation, events=(), mine=mine, form=form, table=table)
    page = escalation_page(seen, reader, draft)
    routes = " and ".join(map(route_name, ask.routes))
    to = f"/rehearsals/{rehearsal.id}/{ask.number}"
    panels = tuple(replace(one, exercise=to, acknowledge="", route=routes) for one in page.panels)
    return replace(
        page,
        practice=f"Exercise, question {place}. {AS_IF if panels else WAS}",
        panels=panels,
        not_mine="",
    )
