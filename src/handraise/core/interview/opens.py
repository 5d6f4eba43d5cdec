"""The open points of a workbook, each where it belongs in the table.

What nobody has answered, what is not known yet, and what does not add up and has no answer. A point
with an answer is no longer open: its answer stands beside the rule as a reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from handraise.core.interview.names import comment
from handraise.core.interview.plan import Plan
from handraise.core.interview.points import Point, path_of, points_of
from handraise.core.interview.taking import open_steps
from handraise.core.interview.workbook import Step, Workbook

MARK = "OPEN: "


class Open(Struct, frozen=True, kw_only=True):
    """One open point, or one that was settled.

    Attributes:
        place: the item or the chapter it belongs to.
        key: the key of the question; empty for what does not add up.
        text: what is open; of a settled one, with its answer.
        is_settled: whether somebody has answered it.
    """

    place: str
    key: str
    text: str
    is_settled: bool = False


class Opens:
    """The open points of a workbook; each is handed out once.

    Attributes:
        said: all that are open, in the order of the chapters.
    """

    def __init__(self, found: list[Open]) -> None:
        """Keep them until they are asked for."""
        self.said = [one.text for one in found if not one.is_settled]
        self._left = found

    def of(self, place: str, key: str | None = None, *, indent: int = 0) -> str:
        """Return as comments what belongs to a place and was not handed out before."""
        here = [one for one in self._left if one.place == place and key in {None, one.key}]
        self._left = [one for one in self._left if one not in here]
        return "".join(
            comment(one.text if one.is_settled else f"{MARK}{one.text}", indent, hang=2)
            for one in here
        )


def opens_of(plan: Plan, workbook: Workbook) -> Opens:
    """Return the open points of a workbook, and those that were settled."""
    return Opens([*_unanswered(workbook), *_points(plan, workbook)])


def open_texts(plan: Plan, workbook: Workbook) -> list[str]:
    """Return what is still open, in words, in the order of the chapters."""
    return opens_of(plan, workbook).said


def _unanswered(workbook: Workbook) -> Iterator[Open]:
    for step in open_steps(workbook):
        place = f"{step.chapter.id}.{step.item}" if step.item else step.chapter.id
        yield Open(place=place, key=step.question.key, text=_asked(step, workbook))
    for group, text in (
        ("actions", "What may it do? Until that is known it does nothing alone."),
        ("roles", "Who decides? Until roles are named, the last resort decides everything."),
    ):
        if not workbook.names(group):
            yield Open(place=group, key="name", text=text)


def _asked(step: Step, workbook: Workbook) -> str:
    whose = workbook.known(f"{step.chapter.id}.{step.item}.name") if step.item else ""
    meanwhile = f" Until then {step.question.unknown}." if step.question.unknown else ""
    return f"{whose + ': ' if whose else ''}{step.question.ask}{meanwhile}"


def _points(plan: Plan, workbook: Workbook) -> Iterator[Open]:
    for point in points_of(plan, workbook):
        answer = workbook.known(path_of(point))
        yield Open(
            place=_place(point),
            key="",
            text=f"{point.ask} {answer}".strip(),
            is_settled=bool(answer),
        )


def _place(point: Point) -> str:
    return f"{point.chapter}.{point.item}" if point.item else point.chapter
