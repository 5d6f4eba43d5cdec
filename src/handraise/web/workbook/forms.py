"""What a form of the workbook says, as answers; each that cannot be used keeps what was there."""

from __future__ import annotations

import re
from collections.abc import Mapping

from handraise.core.interview.plan import plan_of
from handraise.core.interview.points import path_of, points_of
from handraise.core.interview.questions import UNKNOWN, Chapter, Question
from handraise.core.interview.taking import Unusable, taken
from handraise.core.interview.workbook import (
    MORE,
    Workbook,
    answered,
    steps_of,
    with_item,
    without_item,
)
from handraise.web.workbook.views import Draft

MOST_ITEMS = 100


def chapter_answered(
    workbook: Workbook, chapter: Chapter, form: Mapping[str, str]
) -> tuple[Workbook, Draft]:
    """Return the workbook with a chapter's form taken, and what of it could not be used."""
    for _ in range(_highest(chapter, form) - workbook.count(chapter.id)):
        workbook = with_item(workbook, chapter.id)
    values: dict[str, str] = {}
    errors: dict[str, str] = {}
    for step in steps_of(workbook, chapter):
        written = _written(step.question, step.path, form)
        if written is None:
            continue
        try:
            answer = taken(step.question, written, workbook, step.path)
        except Unusable as problem:
            values[step.path], errors[step.path] = written, f"Please write {problem}."
            continue
        workbook = answered(workbook, step.path, answer)
    if chapter.group is not None:
        workbook = answered(workbook, f"{chapter.id}.{MORE}", "no")
    return workbook, Draft(values=values, errors=errors)


def without_empty_items(workbook: Workbook, chapter: Chapter) -> Workbook:
    """Return the workbook without the items about which nothing is said at all."""
    for number in reversed(workbook.items(chapter.id)):
        place = f"{chapter.id}.{number}."
        if not any(text for path, text in workbook.said.items() if path.startswith(place)):
            workbook = without_item(workbook, chapter.id, number)
    return workbook


def points_answered(workbook: Workbook, form: Mapping[str, str]) -> tuple[Workbook, Draft]:
    """Return the workbook with what was said to the points that do not add up."""
    values: dict[str, str] = {}
    errors: dict[str, str] = {}
    for point in points_of(plan_of(workbook), workbook):
        path = path_of(point)
        question = Question(key="point", ask=point.ask, why="")
        try:
            answer = taken(question, form.get(path, ""), workbook)
        except Unusable as problem:
            values[path], errors[path] = form[path], f"Please write {problem}."
            continue
        workbook = answered(workbook, path, answer)
    return workbook, Draft(values=values, errors=errors)


def _highest(chapter: Chapter, form: Mapping[str, str]) -> int:
    """Return the highest number of an item that a form speaks of."""
    found = (re.fullmatch(rf"{chapter.id}\.([0-9]{{1,3}})\.name", name) for name in form)
    numbers = [int(one.group(1)) for one in found if one]
    return min(max(numbers, default=0), MOST_ITEMS)


def _written(question: Question, path: str, form: Mapping[str, str]) -> str | None:
    """Return what a form says to a question; None when the question was not on the page."""
    if question.kind == "persons":
        places = [form[f"{path}~{n}"] for n in range(MOST_ITEMS) if f"{path}~{n}" in form]
        if not places:
            return None
        written = "\n".join(one for one in places if one)
    elif path in form:
        written = form[path]
    else:
        return None
    return UNKNOWN if not written.strip() and f"{path}~unknown" in form else written
