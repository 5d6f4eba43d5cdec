"""The answers of a team, question by question, and what is still to be asked.

An answer stands under its path: `agent.name`, or `people.2.contact` for the second person. A
workbook is a value: an answer gives a new one. Whatever may stand in it, nothing here raises.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from handraise.core.interview.chapters import CHAPTERS
from handraise.core.interview.questions import UNKNOWN, Chapter, Question
from handraise.errors import InputError

MORE = "more"
MAX_ITEMS = 200
"""The key of the question whether a group has another item; `no` once somebody has said so."""

ABOUT_MONEY = frozenset({"money", "unit"})
"""The questions of a chapter that are needless where no money moves."""

NAMED = {"people": ("person", "persons"), "roles": ("role",)}
"""The kinds of answers that refer to an item of a group by its name."""


class Workbook(Struct, frozen=True, kw_only=True):
    """What a team has answered.

    Attributes:
        said: the answers by path; an empty text is none.
    """

    said: dict[str, str] = {}

    def answer(self, path: str) -> str:
        """Return an answer; empty where there is none."""
        return self.said.get(path, "")

    def known(self, path: str) -> str:
        """Return an answer; empty where there is none, and where it is not known yet."""
        found = self.answer(path)
        return "" if found == UNKNOWN else found

    def count(self, group: str) -> int:
        """Return how many items a group has."""
        numbers = (path.split(".")[1] for path in self.said if path.startswith(f"{group}."))
        return max((int(number) for number in numbers if number.isdigit()), default=0)

    def items(self, group: str) -> list[int]:
        """Return the numbers of a group's items, from 1."""
        return list(range(1, self.count(group) + 1))

    def names(self, group: str) -> list[str]:
        """Return what the items of a group are called, those without a name left out."""
        return [name for n in self.items(group) if (name := self.known(f"{group}.{n}.name"))]


class Step(Struct, frozen=True, kw_only=True):
    """A question in its place.

    Attributes:
        path: where its answer stands.
        question: what is asked.
        chapter: of which chapter.
        item: the number of the item it is about; 0 for none.
    """

    path: str
    question: Question
    chapter: Chapter
    item: int = 0


def answered(workbook: Workbook, path: str, text: str) -> Workbook:
    """Return the workbook with one more answer, or another one.

    Whatever refers to a person or a role by name keeps referring to it when the name changes.
    """
    old = workbook.known(path)
    said = {**workbook.said, path: text}
    group, _, rest = path.partition(".")
    if old and rest.endswith(".name") and text not in {"", UNKNOWN, old}:
        for one in steps(workbook):
            if one.question.kind in NAMED.get(group, ()) and one.path in said:
                lines = said[one.path].split("\n")
                said[one.path] = "\n".join(text if line == old else line for line in lines)
    return Workbook(said=said)


def with_item(workbook: Workbook, group: str) -> Workbook:
    """Return the workbook with one more item in a group, about which nothing is said yet.

    Raises:
        InputError: there are too many already.
    """
    number = workbook.count(group) + 1
    if number > MAX_ITEMS:
        raise InputError(
            f"{group}: there are {MAX_ITEMS} already, and more fit into no workbook",
            "take out what is not needed, or write the table by hand",
        )
    said = {**workbook.said, f"{group}.{number}.name": ""}
    said.pop(f"{group}.{MORE}", None)
    return Workbook(said=said)


def without_item(workbook: Workbook, group: str, number: int) -> Workbook:
    """Return the workbook without an item of a group; those after it move up.

    Whatever refers to it by name does so no more.
    """
    said: dict[str, str] = {}
    for path, text in _unnamed(workbook, group, workbook.known(f"{group}.{number}.name")).items():
        parts = path.split(".")
        if parts[0] == group and len(parts) == 3:
            here = int(parts[1])
            if here == number:
                continue
            parts[1] = str(here - (here > number))
        said[".".join(parts)] = text
    return Workbook(said=said)


def _unnamed(workbook: Workbook, group: str, name: str) -> dict[str, str]:
    """Return the answers with a name of a group's item taken out wherever it is referred to."""
    said = dict(workbook.said)
    for one in steps(workbook):
        if one.question.kind in NAMED.get(group, ()) and one.path in said:
            lines = [line for line in said[one.path].split("\n") if line != name]
            said[one.path] = "\n".join(lines)
    return said


def steps(workbook: Workbook, *, short: bool = False) -> list[Step]:
    """Return the questions that are to be asked of this team, answered or not, in order.

    Args:
        workbook: what they have answered so far.
        short: whether only the short form is asked.
    """
    found = [one for chapter in CHAPTERS for one in _steps_of(workbook, chapter)]
    return [one for one in found if one.question.is_short or not short]


def steps_of(workbook: Workbook, chapter: Chapter) -> list[Step]:
    """Return the questions of one chapter."""
    return list(_steps_of(workbook, chapter))


def _steps_of(workbook: Workbook, chapter: Chapter) -> Iterator[Step]:
    for question in chapter.before:
        if question.key not in ABOUT_MONEY or _moves_money(workbook):
            yield Step(path=f"{chapter.id}.{question.key}", question=question, chapter=chapter)
    if chapter.group is None:
        return
    for number in workbook.items(chapter.id):
        for question in chapter.group.questions:
            path = f"{chapter.id}.{number}"
            if not _is_needless(workbook, path, question):
                yield Step(
                    path=f"{path}.{question.key}",
                    question=question,
                    chapter=chapter,
                    item=number,
                )


def _is_needless(workbook: Workbook, item: str, question: Question) -> bool:
    if question.unless is None:
        return False
    key, answer = question.unless
    return workbook.answer(f"{item}.{key}") == answer


def _moves_money(workbook: Workbook) -> bool:
    """Whether money may move: an action says so, or says nothing; or there is none yet."""
    said = [workbook.answer(f"actions.{number}.money") for number in workbook.items("actions")]
    return not said or any(one != "no" for one in said)
