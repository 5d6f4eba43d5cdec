"""An answer as somebody wrote it, taken the way it is kept; or why it cannot be used.

What a person means is taken, not only what a machine writes: `85`, `85%` and `0.85` are the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from keyword import iskeyword
from zoneinfo import ZoneInfo

from handraise.core.interview.chapters import CHAPTERS
from handraise.core.interview.names import plain
from handraise.core.interview.questions import LAST_RESORT, UNKNOWN, Chapter, Question
from handraise.core.interview.workbook import MORE, Step, Workbook, steps, steps_of
from handraise.core.table.edit import number_text
from handraise.core.table.expression import nearest
from handraise.core.table.units import UnitProblem, duration_text, hours, seconds

MAX_TEXT = 500
MAX_LINES = 1_000
MAX_LENGTH = {"name": 80, "unit": 12, "levels": 80}
"""How long an answer may be, where it is less than `MAX_TEXT` characters."""

MAX_AMOUNT = Decimal(10) ** 12
MAIL = re.compile(
    r"[^\s@,;:<>()\[\]\\\"'?&/%+#$!{}]+(\+[^\s@,;:<>()\[\]\\\"'?&/%+#$!{}]+)?"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}"
)
VARIABLE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]{0,79}\}")
GROUPED = re.compile(r"[0-9]{1,3}(?:[,' ][0-9]{3})+(?:\.[0-9]{1,2})?")
AMOUNT = re.compile(r"[0-9]{1,13}(?:\.[0-9]{1,2})?")
SHARE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?) ?(%?)")
UNITS = re.compile(r"(?<=[0-9 ])(seconds?|sec|minutes?|mins?|hours?|hrs?|days?)\b", re.IGNORECASE)
SPEAKING_ALWAYS = frozenset({"always", "24/7", "round the clock", "any time"})


class Unusable(ValueError):  # noqa: N818 - caught at once, and the question is asked again
    """Why an answer cannot be used, and what would be."""


def taken(question: Question, written: str, workbook: Workbook, path: str = "") -> str:
    """Return an answer as it is kept.

    Args:
        question: what was asked.
        written: what somebody wrote; empty for no answer.
        workbook: what was answered before.
        path: where the answer is kept; what stands there does not count as given already.

    Raises:
        Unusable: with what would be usable.
    """
    text = plain(written)
    if text.lower() == UNKNOWN:
        if question.is_needed:
            raise Unusable("no table can be written without this")
        return UNKNOWN
    if not text:
        return ""
    if question.kind in {"lines", "persons"}:
        return _several(question, written, workbook)
    most = MAX_LENGTH.get(question.key, MAX_TEXT)
    if len(text) > most:
        raise Unusable(f"at most {most} characters")
    if question.key == "name":
        _free(text, workbook, path)
    if question.kind == "contact":
        return _contact(text, workbook, path)
    reader = READERS.get(question.kind)
    return reader(text) if reader else _chosen(question, text, workbook)


def usable(question: Question, workbook: Workbook, path: str) -> str:
    """Return a kept answer; empty where there is none, it is not known, or cannot be used.

    A workbook may be changed by hand, and what an answer refers to may be gone since.
    """
    try:
        found = taken(question, workbook.known(path), workbook, path)
    except Unusable:
        return ""
    return "" if found == UNKNOWN else found


def cleaned(workbook: Workbook) -> Workbook:
    """Return the workbook without the answers that cannot be used."""
    kept = {one.path: usable(one.question, workbook, one.path) for one in steps(workbook)}
    return Workbook(said={**workbook.said, **kept})


def is_answered(step: Step, workbook: Workbook) -> bool:
    """Whether a question has an answer that can be used; that it is not known yet is one."""
    is_unknown = workbook.answer(step.path) == UNKNOWN
    return is_unknown or bool(usable(step.question, workbook, step.path))


def open_steps(workbook: Workbook) -> list[Step]:
    """Return the questions without a usable answer; none about what has no name."""
    return [
        one
        for one in steps(workbook)
        if not usable(one.question, workbook, one.path)
        and (not one.item or workbook.known(f"{one.chapter.id}.{one.item}.name"))
    ]


def first_open(workbook: Workbook) -> Chapter | None:
    """Return the earliest chapter in which something was never answered; None where all was.

    That something is not known yet is an answer, and so is that a group has no other item.
    """
    return next((one for one in CHAPTERS if _is_left(workbook, one)), None)


def _is_left(workbook: Workbook, chapter: Chapter) -> bool:
    if chapter.group is not None and not workbook.answer(f"{chapter.id}.{MORE}"):
        return True
    return any(
        is_asked(step, workbook) and not is_answered(step, workbook)
        for step in steps_of(workbook, chapter)
    )


def is_asked(step: Step, workbook: Workbook) -> bool:
    """Whether a question is asked: of an item without a name only the name is."""
    name = f"{step.chapter.id}.{step.item}.name"
    return not step.item or step.path == name or workbook.answer(name) != UNKNOWN


def _free(text: str, workbook: Workbook, path: str) -> None:
    """Refuse the name of another item of the same group: answers refer to it by name."""
    if re.search("[,;]", text):
        raise Unusable("one name, without a comma")
    group, _, _ = path.partition(".")
    for number in workbook.items(group):
        other = f"{group}.{number}.name"
        if other != path and workbook.known(other).lower() == text.lower():
            raise Unusable(f'there is a "{text}" already; tell them apart')
    if text.lower() == LAST_RESORT:
        raise Unusable("the last resort is always there; choose another name")


def _contact(text: str, workbook: Workbook, path: str) -> str:
    found = text.removeprefix("mailto:")
    if not MAIL.fullmatch(found) and not VARIABLE.fullmatch(found):
        raise Unusable("a mail address such as dana@example.com, or ${NAME} for a variable")
    for number in workbook.items("people"):
        other = f"people.{number}"
        if f"{other}.contact" == path:
            continue
        if workbook.known(f"{other}.contact").lower() == found.lower():
            whose = workbook.known(f"{other}.name") or "somebody else"
            raise Unusable(f"that is how {whose} is reached; each needs a contact of their own")
    return found


def _several(question: Question, written: str, workbook: Workbook) -> str:
    """Return several texts, one a line; on a single line there is a comma between two."""
    lines = written.strip().splitlines()
    parts = [plain(part) for part in (re.split("[,;]", lines[0]) if len(lines) == 1 else lines)]
    found = list(dict.fromkeys(part for part in parts if part))
    most = MAX_LENGTH.get(question.key, MAX_TEXT)
    if any(len(part) > most for part in found) or len(found) > MAX_LINES:
        raise Unusable(f"at most {MAX_LINES:,}, each of at most {most} characters")
    if question.kind == "persons":
        people = [_named(part, workbook.names("people"), "person") for part in found]
        found = list(dict.fromkeys(people))
    if not found:
        raise Unusable("at least one, with a comma between two")
    return "\n".join(found)


def _chosen(question: Question, text: str, workbook: Workbook) -> str:
    """Return the answer to a question that has a list of answers; any line where it has none."""
    if question.kind == "choice":
        by_label = {label: value for value, label in question.choices}
        if text in by_label.values():
            return text
        return by_label[_named(text, list(by_label), "answer")]
    if question.kind in {"level", "person", "role"}:
        return _named(text, options(question, workbook), question.kind)
    return text


def options(question: Question, workbook: Workbook) -> list[str]:
    """Return what a question can be answered with; empty where that is free."""
    match question.kind:
        case "choice":
            return [value for value, _ in question.choices]
        case "level":
            return levels(workbook)
        case "person" | "persons":
            return workbook.names("people")
        case "role":
            return [*workbook.names("roles"), LAST_RESORT]
        case _:
            return []


def levels(workbook: Workbook) -> list[str]:
    """Return the levels of a mistake, the least bad one first."""
    return [one for one in workbook.known("actions.levels").split("\n") if one] or [
        "low",
        "high",
        "critical",
    ]


def _named(text: str, names: list[str], what: str) -> str:
    """Return the name that is meant: by itself, by its number, or by how words of it begin."""
    exact = [name for name in names if name.lower() == text.lower()]
    begins = [name for name in names if f" {name}".lower().find(f" {text}".lower()) >= 0]
    begins = begins or [name for name in names if _begin(text, name)]
    found = exact or (begins if len(begins) == 1 else [])
    if found:
        return found[0]
    if text.isdecimal() and 0 < int(text) <= len(names):
        return names[int(text) - 1]
    near = "" if begins else nearest(text, names, "")
    among = near or f"there are: {' / '.join(names) or 'none yet'}"
    raise Unusable(f'"{text}" is no {what} here; {among}')


def _begin(text: str, name: str) -> bool:
    """Whether each word of a text begins a word of a name, in the same order."""
    left = iter(re.findall(r"\w+", name.lower()))
    words = re.findall(r"\w+", text.lower())
    return bool(words) and all(any(one.startswith(word) for one in left) for word in words)


def _hours(text: str) -> str:
    if text.lower() in SPEAKING_ALWAYS:
        return "always"
    try:
        hours(text)
    except UnitProblem as problem:
        raise Unusable(str(problem)) from None
    return text


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (OSError, ValueError, KeyError):
        raise Unusable("a time zone by its place, such as Europe/Lisbon") from None
    return text


def _count(text: str) -> str:
    if not re.fullmatch(r"[0-9]{1,6}", text) or int(text) == 0:
        raise Unusable("a whole number of 1 or more")
    return str(int(text))


def _amount(text: str) -> str:
    plain_text = re.sub(r"[,' ]", "", text) if GROUPED.fullmatch(text) else text
    if not AMOUNT.fullmatch(plain_text):
        raise Unusable("a number of 0 or more, such as 1500 or 1,500.50; a point before cents")
    found = Decimal(plain_text)
    if found > MAX_AMOUNT:
        raise Unusable("at most 1,000,000,000,000")
    return number_text(float(found)).removesuffix(".0")


def _share(text: str) -> str:
    found = SHARE.fullmatch(text)
    if found is not None:
        number = Decimal(found.group(1))
        percent = number if found.group(2) or number > 1 else number * 100
        if 0 < percent <= 100:
            return f"{percent.normalize():f}%"
    raise Unusable("over 0 % and at most 100 %, such as 85%")


def _duration(text: str) -> str:
    try:
        return duration_text(seconds(UNITS.sub(lambda unit: unit.group()[0].lower(), text)))
    except UnitProblem as problem:
        raise Unusable(str(problem)) from None


def _field(text: str) -> str:
    found = text.removeprefix("proposal.")
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,79}", found) or iskeyword(found):
        raise Unusable("letters, digits and _ only, as the agent names it: amount")
    return found


READERS: dict[str, Callable[[str], str]] = {
    "hours": _hours,
    "zone": _zone,
    "count": _count,
    "amount": _amount,
    "share": _share,
    "duration": _duration,
    "field": _field,
}
