"""The Watch page in words: how the operation stands, its alarms, what is not watched."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from msgspec import Struct

from handraise.core.monitor.signals import Problem
from handraise.model import Alarm
from handraise.service.plots.drawing import missing
from handraise.service.telling.wording.watched import (
    HEADINGS,
    problem_of,
    since_word,
    unseen_words,
)
from handraise.service.watch.humans import Humans
from handraise.service.watch.over_time import Stretch
from handraise.service.watch.picture import Picture, is_waiting
from handraise.service.watch.words import lasting
from handraise.web.pages.views.cells import visible
from handraise.web.pages.views.question import clipped
from handraise.web.pages.views.watched_figures import FiguresView, Typed, figures_view, typed
from handraise.web.pages.views.words import Moment, Reader, sentence

SNOOZES = {
    "1 hour": 1,
    "4 hours": 4,
    "a day": 24,
    "3 days": 72,
    "a week": 168,
    "30 days": 720,
}
"""For how long an alarm may be put off on the page, in hours."""

MOST_EXAMPLES = 5


class AlarmCard(Struct, frozen=True, kw_only=True):
    """An alarm in words.

    Attributes, where the name alone does not say it:
        since_word: `Since`, or `Since about`.
        tone: `bad` while it waits for somebody, else `warn`.
        standing: who has it, or until when it is put off.
        examples: decisions to look at, each with the address of its page; empty where it has none.
        may_take: whether the reader may take it.
        may_put_off: whether the reader may put it off.
    """

    id: str
    sentence: str
    means: str
    lines: tuple[str, ...]
    since: Moment
    since_word: str
    tone: str
    standing: str
    examples: tuple[tuple[str, str], ...]
    may_take: bool
    may_put_off: bool


class ProblemCard(Struct, frozen=True, kw_only=True):
    """The alarms of one kind of problem."""

    name: str
    about: str
    alarms: tuple[AlarmCard, ...]


class OverLine(Struct, frozen=True):
    """An alarm that is over, or that nobody looks at any more: then it says why."""

    sentence: str
    ended: Moment
    unseen: str = ""
    began: Moment | None = None
    lasted: str = ""


class WatchPage(Struct, frozen=True, kw_only=True):
    """How one agent's operation stands.

    Attributes, where the name alone does not say it:
        tone: of the sentence: `good`, `waiting` or `stopped`.
        looked: when the watch looked last; None for never.
        of_others: that there are alarms about a person, as a sentence; empty for none.
        snoozes: for how long an alarm may be put off.
        unwatched: what is not watched and why.
        figures: in words.
        people_every: how often it is looked at whether people keep up.
        lacks: the sentence that plots cannot be drawn; empty where they can.
    """

    agent: str
    agents: tuple[str, ...]
    sentence: str
    tone: str
    looked: Moment | None
    problems: tuple[ProblemCard, ...]
    of_others: str
    over: tuple[OverLine, ...]
    snoozes: tuple[str, ...]
    unwatched: tuple[Typed, ...]
    figures: FiguresView
    people_every: str
    lacks: str


def watch_page(
    picture: Picture,
    agents: Sequence[str],
    stops: Collection[str],
    cases: Mapping[str, str],
    stretches: Sequence[Stretch],
    reader: Reader,
    *,
    is_owner: bool,
) -> WatchPage:
    """Return the page in words.

    Args:
        picture: how the operation stands, as far as the reader may see it.
        agents: whose the reader may see.
        stops: which of the alarms' examples are escalations.
        cases: of the others, by what each is known: its case, else its key, else its id.
        stretches: how often it stopped over time.
        reader: who reads.
        is_owner: whether they own the agent.
    """
    return WatchPage(
        agent=picture.agent,
        agents=tuple(agents),
        sentence=picture.sentence,
        tone=_tone(picture),
        looked=None if picture.looked_at is None else reader.moment(picture.looked_at),
        problems=tuple(_problems(picture, stops, cases, reader, is_owner=is_owner)),
        of_others=_of_others(picture.of_others),
        over=tuple(_over(one, reader) for one in picture.over),
        snoozes=tuple(SNOOZES),
        unwatched=tuple(typed(sentence(words)) for words in picture.unwatched),
        figures=figures_view(picture, stretches, reader),
        people_every=lasting(Humans.every.total_seconds()),
        lacks=f"Plots are drawn by the extra “plots”: {lacks} is not installed here."
        if (lacks := missing())
        else "",
    )


def _tone(picture: Picture) -> str:
    if not picture.is_watched or picture.open:
        return "stopped"
    return "waiting" if picture.alarms or picture.of_others or picture.unwatched else "good"


def _of_others(count: int) -> str:
    if not count:
        return ""
    alarms = "One alarm is" if count == 1 else f"{count} alarms are"
    return f"{alarms} about a person: they and the owner see it."


def _problems(
    picture: Picture,
    stops: Collection[str],
    cases: Mapping[str, str],
    reader: Reader,
    *,
    is_owner: bool,
) -> Iterator[ProblemCard]:
    by_problem: dict[Problem, list[Alarm]] = {}
    for one in picture.alarms:
        by_problem.setdefault(problem_of(one), []).append(one)
    for problem, alarms in by_problem.items():
        name, _, about = HEADINGS[problem].partition(": ")
        cards = (_card(one, picture, stops, cases, reader, is_owner=is_owner) for one in alarms)
        yield ProblemCard(name=name, about=about, alarms=tuple(cards))


def _examples(
    one: Alarm, stops: Collection[str], cases: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield an alarm's examples: a page where a decision stopped, else by what it is known.

    What went ahead has no page of its own; how it is looked at is by an audit, or in the log.
    """
    known = [id for id in one.examples if id in stops or id in cases][:MOST_EXAMPLES]
    for number, id in enumerate(known, 1):
        if id in stops:
            words = "one of them" if len(known) == 1 else f"example {number}"
            yield words, f"/escalations/{id}"
        else:
            yield clipped(cases[id]), ""


def _card(
    one: Alarm,
    picture: Picture,
    stops: Collection[str],
    cases: Mapping[str, str],
    reader: Reader,
    *,
    is_owner: bool,
) -> AlarmCard:
    is_put_off = one.snoozed_until is not None and picture.at < one.snoozed_until
    return AlarmCard(
        id=one.id,
        sentence=visible(sentence(one.sentence)),
        means=visible(sentence(one.means)),
        lines=tuple(map(visible, one.lines)),
        since=reader.moment(one.since or one.raised_at),
        since_word=since_word(one),
        tone="bad" if is_waiting(one, picture.at) else "warn",
        standing=_standing(one, reader, is_put_off=is_put_off),
        examples=tuple(_examples(one, stops, cases)),
        may_take=is_owner and one.state == "open",
        may_put_off=is_owner and not is_put_off,
    )


def _standing(one: Alarm, reader: Reader, *, is_put_off: bool) -> str:
    if is_put_off and one.snoozed_until is not None:
        until = reader.moment(one.snoozed_until).absolute
        return sentence(f"put off by {reader.name(one.snoozed_by)} until {until}")
    if one.state != "acknowledged" or one.acknowledged_at is None:
        return "Nobody has it yet."
    has = "you have" if one.acknowledged_by == reader.id else "has"
    who = "" if one.acknowledged_by == reader.id else reader.name(one.acknowledged_by)
    return sentence(f"{who} {has} it since {reader.moment(one.acknowledged_at).absolute}")


def _over(one: Alarm, reader: Reader) -> OverLine:
    ended = one.resolved_at or one.seen_at
    why = unseen_words(one) if one.unseen else ""
    began = one.since or one.raised_at
    lasted = lasting(max((ended - began).total_seconds(), 0.0))
    return OverLine(
        visible(sentence(one.sentence)), reader.moment(ended), why, reader.moment(began), lasted
    )
