"""The pages of the workbook as worded, frozen values; templates only loop and print."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from handraise.core.interview.chapters import CHAPTERS
from handraise.core.interview.opens import open_texts
from handraise.core.interview.plan import Plan, plan_of
from handraise.core.interview.points import path_of, points_of
from handraise.core.interview.questions import UNKNOWN, Chapter, Question
from handraise.core.interview.rows import rows_of
from handraise.core.interview.taking import cleaned, open_steps, options
from handraise.core.interview.workbook import Step, Workbook, steps_of
from handraise.core.interview.writing import missing_of
from handraise.model import OWNER

LISTS = frozenset({"choice", "level", "person", "role"})
NUMERIC = {"count": "numeric", "amount": "decimal", "share": "decimal", "contact": "email"}
PLACES = ("First", "Then", "Then", "Then", "Then", "Then")
POINTS = "points"
TABLE = "table"


class Choice(Struct, frozen=True, kw_only=True):
    """One of the answers that can be chosen."""

    value: str
    label: str
    chosen: bool


class Field(Struct, frozen=True, kw_only=True):
    """A question with its field.

    Attributes:
        name: the name of the field in the form.
        ask: the question.
        why: why it is asked.
        example: an answer of somebody else.
        meanwhile: what the table does as long as it is not known.
        kind: `text`, `long`, `list` or `several`.
        mode: which keys a phone shows.
        value: what stands in it.
        choices: for `list`.
        places: for `several`: the label and the choices of each place.
        is_unknown: whether it is said not to be known yet.
        is_open: whether there is no answer.
        offers_unknown: whether there is a box to say that it is not known yet.
        error: why what was typed cannot be used.
    """

    name: str
    ask: str
    why: str
    example: str = ""
    meanwhile: str = ""
    kind: str = "text"
    mode: str = "text"
    value: str = ""
    choices: tuple[Choice, ...] = ()
    places: tuple[tuple[str, tuple[Choice, ...]], ...] = ()
    is_unknown: bool = False
    is_open: bool = False
    offers_unknown: bool = False
    error: str = ""


class Item(Struct, frozen=True, kw_only=True):
    """The questions about one of several things."""

    number: int
    title: str
    fields: tuple[Field, ...]


class Link(Struct, frozen=True, kw_only=True):
    """A line in the list of chapters."""

    href: str
    title: str
    state: str
    is_done: bool
    is_here: bool


class Stop(Struct, frozen=True, kw_only=True):
    """A line of the preview: when it stops, and who decides then."""

    when: str
    who: str


class Frame(Struct, frozen=True, kw_only=True):
    """What stands around every page.

    Attributes:
        agent: what the agent is called.
        file: where the answers are kept.
        csrf: the token of its forms.
        links: the chapters.
        stops: the table so far, in words.
        goes_ahead: what it does alone; empty for nothing.
        missing: what must be known before there is a table.
        open_count: how many points are open.
    """

    agent: str
    file: str
    csrf: str
    links: tuple[Link, ...]
    stops: tuple[Stop, ...]
    goes_ahead: str
    missing: tuple[str, ...]
    open_count: int


class ChapterPage(Struct, frozen=True, kw_only=True):
    """The page of one chapter."""

    id: str
    place: str
    title: str
    lead: str
    fields: tuple[Field, ...]
    one: str
    items: tuple[Item, ...]
    next: Link
    error_count: int


class PointView(Struct, frozen=True, kw_only=True):
    """Something that does not add up, with the answer to it."""

    field: Field
    href: str
    title: str


class Draft(Struct, frozen=True, kw_only=True):
    """What was typed and not taken, by the field's name, and why not."""

    values: Mapping[str, str] = {}
    errors: Mapping[str, str] = {}


def frame_of(workbook: Workbook, here: str, file: str, csrf: str) -> Frame:
    """Return what stands around a page."""
    workbook = cleaned(workbook)
    plan = plan_of(workbook)
    return Frame(
        agent=workbook.known("agent.name"),
        file=file,
        csrf=csrf,
        links=links_of(workbook, plan, here),
        stops=_stops(plan, workbook),
        goes_ahead="" if plan.held_for else "Everything else it does alone.",
        missing=missing_of(workbook),
        open_count=len(open_texts(plan, workbook)),
    )


def links_of(workbook: Workbook, plan: Plan, here: str) -> tuple[Link, ...]:
    """Return the list of chapters, with what is open in each."""
    links = [_chapter_link(workbook, chapter, here) for chapter in CHAPTERS]
    found = points_of(plan, workbook)
    left = sum(not workbook.known(path_of(point)) for point in found)
    links.append(
        _link(f"/{POINTS}", "Does it add up?", left, here == POINTS, is_begun=bool(plan.roles))
    )
    links.append(_link(f"/{TABLE}", "The table", 0, here == TABLE, is_begun=False))
    return tuple(links)


def _chapter_link(workbook: Workbook, chapter: Chapter, here: str) -> Link:
    steps = [one for one in open_steps(workbook) if one.chapter.id == chapter.id]
    is_empty = chapter.group is not None and not workbook.names(chapter.id)
    begun = any(path.startswith(f"{chapter.id}.") for path in workbook.said)
    return _link(
        f"/chapter/{chapter.id}",
        chapter.title,
        len(steps) + is_empty,
        here == chapter.id,
        is_begun=begun,
    )


def _link(href: str, title: str, left: int, is_here: bool, *, is_begun: bool) -> Link:
    state = f"{left} open" if left and is_begun else ""
    return Link(href=href, title=title, state=state, is_done=is_begun and not left, is_here=is_here)


def _stops(plan: Plan, workbook: Workbook) -> tuple[Stop, ...]:
    return tuple(
        Stop(when=row.told, who=_who(plan, row.to))
        for row in rows_of(plan, workbook)
        if row.condition != "confidence" or plan.threshold is not None
    )


def _who(plan: Plan, route: str) -> str:
    """Return who decides: the role, and its people in order."""
    names = {person.id: person.name for person in plan.people}
    owner = names.get(plan.owner, "")
    if route == OWNER:
        return f"the last resort{f': {owner}' if owner else ' (nobody yet)'}"
    role = next(one for one in plan.roles if one.id == route)
    people = ", then ".join(names[id] for id in role.people if id in names) or "nobody yet"
    return f"{role.name}: {people}"


def chapter_page(workbook: Workbook, chapter: Chapter, draft: Draft) -> ChapterPage:
    """Return the page of a chapter."""
    steps = steps_of(workbook, chapter)
    place = CHAPTERS.index(chapter)
    after = CHAPTERS[place + 1 :]
    following = _link(
        f"/chapter/{after[0].id}" if after else f"/{POINTS}",
        after[0].title if after else "Does it add up?",
        0,
        False,
        is_begun=False,
    )
    return ChapterPage(
        id=chapter.id,
        place=f"{place + 1} of {len(CHAPTERS)}",
        title=chapter.title,
        lead=chapter.lead,
        fields=tuple(_field(workbook, one, draft) for one in steps if not one.item),
        one=chapter.group.one if chapter.group else "",
        items=tuple(
            _item(workbook, chapter, number, steps, draft) for number in workbook.items(chapter.id)
        ),
        next=following,
        error_count=len(draft.errors),
    )


def _item(
    workbook: Workbook, chapter: Chapter, number: int, steps: list[Step], draft: Draft
) -> Item:
    name = workbook.known(f"{chapter.id}.{number}.name")
    return Item(
        number=number,
        title=name or (f"The next {chapter.group.one}" if chapter.group else ""),
        fields=tuple(_field(workbook, one, draft) for one in steps if one.item == number),
    )


def _field(workbook: Workbook, step: Step, draft: Draft) -> Field:
    question, path = step.question, step.path
    kept = workbook.answer(path)
    value = draft.values.get(path, "" if kept == UNKNOWN else kept)
    return Field(
        name=path,
        ask=question.ask,
        why=question.why,
        example=question.example,
        meanwhile=question.unknown,
        kind=_kind(question),
        mode=NUMERIC.get(question.kind, "text"),
        value=value,
        choices=_choices(question, workbook, kept if kept == UNKNOWN else value),
        places=_places(question, workbook, value),
        is_unknown=kept == UNKNOWN and path not in draft.values,
        is_open=not value,
        offers_unknown=not value and _may_be_unknown(question),
        error=draft.errors.get(path, ""),
    )


def _may_be_unknown(question: Question) -> bool:
    """Whether a box says that it is not known yet; a list has a line for that."""
    return question.kind not in LISTS and not question.is_needed and question.key != "name"


def _kind(question: Question) -> str:
    if question.kind in LISTS:
        return "list"
    if question.kind == "persons":
        return "several"
    return "long" if question.kind in {"long", "lines"} else "text"


def _choices(question: Question, workbook: Workbook, value: str) -> tuple[Choice, ...]:
    labels = dict(question.choices)
    found = [(one, labels.get(one, one)) for one in options(question, workbook)]
    if not question.is_needed:
        found.append((UNKNOWN, UNKNOWN))
    return tuple(Choice(value=one, label=label, chosen=one == value) for one, label in found)


def _places(
    question: Question, workbook: Workbook, value: str
) -> tuple[tuple[str, tuple[Choice, ...]], ...]:
    """Return a list to choose from for each place of an order, one more than are chosen."""
    if question.kind != "persons":
        return ()
    names = options(question, workbook)
    chosen = [one for one in value.split("\n") if one]
    count = max(1, min(len(names), max(2, len(chosen) + 1)))
    places = []
    for place in range(count):
        here = chosen[place] if place < len(chosen) else ""
        label = PLACES[min(place, len(PLACES) - 1)]
        found = tuple(Choice(value=one, label=one, chosen=one == here) for one in names)
        places.append((label, found))
    return tuple(places)


def points_page(workbook: Workbook, draft: Draft) -> tuple[PointView, ...]:
    """Return what does not add up, each with a field for what the team says to it."""
    titles = {chapter.id: chapter.title for chapter in CHAPTERS}
    return tuple(
        PointView(
            field=Field(
                name=path_of(point),
                ask=point.ask,
                why="What you say here becomes the reason in the table.",
                kind="long",
                value=draft.values.get(path_of(point), workbook.known(path_of(point))),
                error=draft.errors.get(path_of(point), ""),
            ),
            href=f"/chapter/{point.chapter}{f'#item-{point.item}' if point.item else ''}",
            title=titles[point.chapter],
        )
        for point in points_of(plan_of(workbook), workbook)
    )
