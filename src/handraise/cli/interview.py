"""`init --interview` in the terminal: one question at a time, line by line, kept after each answer.

`?` explains, `back` goes back, `stop` and Ctrl-C keep what was answered. No answer is ever lost,
and none is taken that the table could not hold.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from handraise.cli.output import say
from handraise.core.interview.chapters import CHAPTERS
from handraise.core.interview.plan import plan_of
from handraise.core.interview.points import Point, path_of, points_of
from handraise.core.interview.questions import UNKNOWN, Chapter, Question
from handraise.core.interview.taking import Unusable, is_answered, is_asked, options, taken
from handraise.core.interview.workbook import (
    MORE,
    Step,
    Workbook,
    answered,
    steps_of,
    with_item,
)
from handraise.service.workbooks import WorkbookFile

Answer = TypeVar("Answer")

DONT_KNOW = frozenset({UNKNOWN, "don't know", "dont know", "i don't know", "dunno", "unknown"})
GOING_ON = "Going on where you were: the answers so far are in"


class Stopped(Exception):  # noqa: N818 - somebody wants to go on another time
    """Somebody stopped in the middle."""


class Back(Exception):  # noqa: N818 - somebody wants to see the question before
    """Somebody wants to go back."""


class Turn(Struct, frozen=True, kw_only=True):
    """What is asked next: a question, or whether a group has another item (`step` is None)."""

    path: str
    chapter: Chapter
    step: Step | None = None


class Interview:
    """An interview at the terminal over one workbook file."""

    def __init__(self, file: WorkbookFile, *, short: bool) -> None:
        """Go on with what the file holds.

        Args:
            file: where the answers are kept.
            short: whether only the short form is asked.
        """
        self.file = file
        self.short = short
        self.workbook = file.read()
        self._chapter = ""

    def run(self) -> Workbook:
        """Ask until everything is answered and nobody wants to change anything.

        Raises:
            Stopped: somebody stopped, or the input ended; everything is kept.
        """
        if self.workbook.said:
            say(f"{GOING_ON} {self.file.path}.")
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")
        say("Enter alone keeps what stands in brackets, or leaves the question open.")
        say("?  why we ask, and an example     back  the question before     stop  go on later")
        self._ask_open()
        if self.short:
            return self.workbook
        self._ask_points()
        while (chosen := self._chapter_to_change()) is not None:
            self._ask_chapter(chosen)
            self._ask_points()
        return self.workbook

    def _ask_open(self) -> None:
        """Ask whatever is not answered."""
        while (turn := self._next()) is not None:
            try:
                self._ask(turn)
            except Back:
                self._go_back(turn)

    def _next(self) -> Turn | None:
        return next((one for one in self._turns() if not self._is_done(one)), None)

    def _is_done(self, turn: Turn) -> bool:
        if turn.step is None:
            return bool(self.workbook.answer(turn.path))
        return is_answered(turn.step, self.workbook)

    def _turns(self) -> list[Turn]:
        """Return everything that is asked, in order; a group has at least one item."""
        for chapter in CHAPTERS:
            if chapter.group is not None and not self.workbook.count(chapter.id):
                self.workbook = with_item(self.workbook, chapter.id)
        return [turn for chapter in CHAPTERS for turn in self._turns_of(chapter)]

    def _turns_of(self, chapter: Chapter) -> list[Turn]:
        turns = []
        for step in steps_of(self.workbook, chapter):
            is_of_this_form = step.question.is_short or not self.short
            if is_of_this_form and is_asked(step, self.workbook):
                turns.append(Turn(path=step.path, chapter=chapter, step=step))
        if chapter.group is not None:
            turns.append(Turn(path=f"{chapter.id}.{MORE}", chapter=chapter))
        return turns

    def _go_back(self, turn: Turn) -> None:
        """Ask the question before again, however far that goes."""
        turns = self._turns()
        place = next(n for n, one in enumerate(turns) if one.path == turn.path)
        while place:
            place -= 1
            try:
                self._ask(turns[place])
                return
            except Back:
                continue
        say("This is the first question.")

    def _ask_chapter(self, chapter: Chapter) -> None:
        """Ask every question of a chapter again."""
        asked: set[str] = set()
        while True:
            turn = next((one for one in self._turns_of(chapter) if one.path not in asked), None)
            if turn is None:
                break
            try:
                self._ask(turn)
            except Back:
                break
            asked.add(turn.path)
        self._ask_open()

    def _ask(self, turn: Turn) -> None:
        self._head(turn.chapter)
        if turn.step is None:
            self._ask_more(turn)
            return
        question = turn.step.question
        path = turn.path
        now = self.workbook.answer(path) if self._is_done(turn) else ""

        def take(written: str) -> str:
            text = UNKNOWN if written.lower() in DONT_KNOW else written
            answer = taken(question, text or now or UNKNOWN, self.workbook, path)
            if written and among and answer != UNKNOWN:
                _say_meant(written, _shown(question, answer))
            return answer

        words = f"{self._whose(turn.step)}{question.ask}"
        among = _labels(question, self.workbook)
        if among:
            words += f"\n  ({' / '.join(among)})"
        answer = _asked(words, _shown(question, now), take, self._why(question))
        self._keep(answered(self.workbook, path, answer))

    def _ask_more(self, turn: Turn) -> None:
        group = turn.chapter.group
        more = group.more if group is not None else ""

        def take(written: str) -> bool:
            if written.lower() in {"", "n", "no"}:
                return False
            if written.lower() in {"y", "yes"}:
                return True
            raise Unusable("yes or no")

        if _asked(
            f"{more} (yes / no)", "no", take, "One after the other; each gets its questions."
        ):
            self._keep(with_item(self.workbook, turn.chapter.id))
        else:
            self._keep(answered(self.workbook, turn.path, "no"))

    def _head(self, chapter: Chapter) -> None:
        """Say which chapter begins, once."""
        if chapter.id != self._chapter:
            self._chapter = chapter.id
            place = CHAPTERS.index(chapter) + 1
            say(f"\n{place}/{len(CHAPTERS)}  {chapter.title}", bold=True)
            say(chapter.lead)

    def _whose(self, step: Step) -> str:
        name = self.workbook.known(f"{step.chapter.id}.{step.item}.name") if step.item else ""
        return f"{name}: " if name and step.question.key != "name" else ""

    def _why(self, question: Question) -> str:
        """Return what `?` explains."""
        lines = [question.why]
        if question.example:
            lines.append(f"For example: {question.example}")
        among = _labels(question, self.workbook)
        if among:
            one = "Of" if question.kind == "persons" else "One of"
            lines.append(f"{one}: {' / '.join(among)}")
        if question.is_needed:
            lines.append("No table can be written without this.")
        elif question.unknown:
            lines.append(f"As long as it is open, {question.unknown}.")
        return "\n".join(lines)

    def _ask_points(self) -> None:
        """Ask about what does not add up, each once."""
        asked: set[str] = set()
        while True:
            found = points_of(plan_of(self.workbook), self.workbook)
            point = next((one for one in found if self._is_to_ask(one, asked)), None)
            if point is None:
                return
            if not asked:
                say("\nDoes it add up?", bold=True)
                say("Answer in a few words, or change what was answered before.")
            asked.add(point.id)
            self._ask_point(point)

    def _is_to_ask(self, point: Point, asked: set[str]) -> bool:
        return point.id not in asked and not self.workbook.answer(path_of(point))

    def _ask_point(self, point: Point) -> None:
        chapter = next(one for one in CHAPTERS if one.id == point.chapter)
        why = (
            f'Your answer becomes the reason in the table. "change" asks "{chapter.title}" again;'
            " Enter leaves it open."
        )
        question = Question(key="point", ask=point.ask, why=why)
        path = path_of(point)
        try:
            answer = _asked(
                point.ask, "", lambda text: taken(question, text or UNKNOWN, self.workbook), why
            )
        except Back:
            answer = "change"
        if answer.lower() == "change":
            self._ask_chapter(chapter)
        else:
            self._keep(answered(self.workbook, path, answer))

    def _chapter_to_change(self) -> Chapter | None:
        """Return the chapter that somebody wants to go through again; None for none."""
        say("\nThat is all. To change something, choose its chapter:")
        for place, chapter in enumerate(CHAPTERS, 1):
            say(f"  {place}  {chapter.title}")

        def take(written: str) -> Chapter | None:
            if not written:
                return None
            if written.isdecimal() and 1 <= int(written) <= len(CHAPTERS):
                return CHAPTERS[int(written) - 1]
            raise Unusable(f"a number from 1 to {len(CHAPTERS)}, or Enter")

        try:
            return _asked("Which one? Enter goes on to the table.", "", take, "")
        except Back:
            return None

    def _keep(self, workbook: Workbook) -> None:
        self.workbook = workbook
        self.file.keep(workbook)


def _asked(question: str, now: str, take: Callable[[str], Answer], why: str) -> Answer:
    """Return the first answer that can be used.

    Raises:
        Back: the question before is wanted.
        Stopped: the rest is wanted another time, or nobody is there.
    """
    bracket = f" [{now}]" if now else ""
    while True:
        say(f"\n{question}{bracket}")
        sys.stdout.write("> ")
        sys.stdout.flush()
        line = sys.stdin.readline()
        written = " ".join(line.split())
        if not line or written.lower() in {"stop", "quit", "exit"}:
            raise Stopped
        if written.lower() == "back":
            raise Back
        if written == "?":
            say(_moved_in(why))
            continue
        try:
            return take(written)
        except Unusable as problem:
            say(_moved_in(str(problem)))


def _labels(question: Question, workbook: Workbook) -> list[str]:
    """Return what a question can be answered with, in words."""
    labels = dict(question.choices)
    return [labels.get(one, one) for one in options(question, workbook)]


def _shown(question: Question, answer: str) -> str:
    """Return a kept answer as people read it."""
    return dict(question.choices).get(answer, answer.replace("\n", ", "))


def _say_meant(written: str, shown: str) -> None:
    """Say which of the choices was taken, where it was written in another way."""
    if written.lower() != shown.lower():
        say(f"  taken as: {shown}")


def _moved_in(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())


def may_overwrite(table: Path) -> bool:
    """Ask whether a table may be written over another one, and return the answer.

    Raises:
        Stopped: nobody answers.
    """
    why = "What stands in it now would be gone; the answers are kept in any case."
    try:
        return _asked(f"{table} exists already. Write over it? (yes / no)", "no", _yes, why)
    except Back:
        return False


def _yes(written: str) -> bool:
    """Return whether somebody said yes; saying nothing is no."""
    if written.lower() in {"y", "yes"}:
        return True
    if written.lower() in {"", "n", "no"}:
        return False
    raise Unusable("yes or no")
