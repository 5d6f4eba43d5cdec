"""A workbook as the YAML text that is kept beside the table: written for people, read with care.

What somebody has changed by hand is read as far as it can be; an answer that cannot be used stays
as it was written, and its question counts as open.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from handraise.core.interview.chapters import BY_ID, CHAPTERS
from handraise.core.interview.names import plain, quoted, word
from handraise.core.interview.questions import Chapter, Question
from handraise.core.interview.taking import Unusable, taken
from handraise.core.interview.workbook import MAX_ITEMS, MORE, Workbook, steps
from handraise.core.table.expression import nearest
from handraise.core.table.source import Path, Source, read_source
from handraise.errors import InputError

EACH = "each"
POINTS = "points"
HEAD = """\
# The answers of a team to the questions of `handraise init --interview`, as far as they got.
# Change them here, or by running it again; "not known yet" keeps a question open.
workbook: 1
"""
SEVERAL = frozenset({"lines", "persons"})


def as_text(workbook: Workbook) -> str:
    """Return the workbook as YAML."""
    return HEAD + "".join(_chapter(workbook, chapter) for chapter in CHAPTERS) + _points(workbook)


def _chapter(workbook: Workbook, chapter: Chapter) -> str:
    text = "".join(_lines(workbook, chapter.id, chapter.before, "  "))
    if workbook.answer(f"{chapter.id}.{MORE}") == "no":
        text += f'  {MORE}: "no"\n'
    if chapter.group is not None and workbook.count(chapter.id):
        text += f"  {EACH}:\n"
        for number in workbook.items(chapter.id):
            lines = _lines(workbook, f"{chapter.id}.{number}", chapter.group.questions, "      ")
            text += "    - " + ("".join(lines).lstrip() or '{name: ""}\n')
    return f"\n{chapter.id}:   # {chapter.title}\n{text}" if text else ""


def _lines(
    workbook: Workbook, place: str, questions: tuple[Question, ...], indent: str
) -> Iterator[str]:
    for question in questions:
        answer = workbook.answer(f"{place}.{question.key}")
        if not answer:
            continue
        yield f"{indent}# {question.ask}\n" if indent == "  " else ""
        if question.kind in SEVERAL and "\n" in answer:
            parts = "".join(f"{indent}  - {quoted(one)}\n" for one in answer.split("\n"))
            yield f"{indent}{question.key}:\n{parts}"
        else:
            yield f"{indent}{question.key}: {quoted(answer)}\n"


def _points(workbook: Workbook) -> str:
    said = {
        path.removeprefix(f"{POINTS}."): answer
        for path, answer in workbook.said.items()
        if path.startswith(f"{POINTS}.") and answer
    }
    lines = "".join(f"  {word(id)}: {quoted(answer)}\n" for id, answer in said.items())
    return f"\n{POINTS}:   # what did not add up, and what was said to it\n{lines}" if said else ""


def workbook_of(text: str, file: str) -> Workbook:
    """Return the workbook that a text holds.

    Args:
        text: the YAML text.
        file: its name, for what is wrong with it.

    Raises:
        InputError: it is no workbook, or holds an answer to no question; with the place.
    """
    source, findings = read_source(text, file)
    if source is None:
        raise InputError(findings[0].line_text(), "mend the file, or begin with another one")
    return _taken(Workbook(said=dict(_answers(source))))


def _answers(source: Source) -> Iterator[tuple[str, str]]:
    data = source.data
    if not isinstance(data, dict) or data.get("workbook") != 1:
        raise _wrong(source, (), "this is no workbook", "a workbook begins with workbook: 1")
    for key, held in data.items():
        if key == "workbook":
            continue
        if key == POINTS:
            yield from _told(source, (key,), held)
        elif key not in BY_ID:
            among = [*BY_ID, POINTS]
            hint = nearest(str(key), among, f"expected {', '.join(among)}")
            raise _wrong(source, (key,), f'there is no chapter "{key}"', hint)
        else:
            yield from _of_chapter(source, BY_ID[key], held)


def _of_chapter(source: Source, chapter: Chapter, held: Any) -> Iterator[tuple[str, str]]:
    path: Path = (chapter.id,)
    if held is None:
        return
    if not isinstance(held, dict):
        raise _wrong(source, path, "expected questions and answers here", "write KEY: ANSWER")
    keys = [question.key for question in chapter.before]
    for key, value in held.items():
        here: Path = (*path, key)
        if chapter.group is not None and key == EACH:
            yield from _items(source, here, chapter, value)
        elif chapter.group is not None and key == MORE:
            yield f"{chapter.id}.{MORE}", "no" if _text(source, here, value) == "no" else ""
        elif key in keys:
            yield f"{chapter.id}.{key}", _text(source, here, value)
        else:
            raise _unknown(source, here, keys if chapter.group is None else [*keys, EACH])


def _items(source: Source, path: Path, chapter: Chapter, value: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(value, list) or len(value) > MAX_ITEMS:
        message = f"expected a list of at most {MAX_ITEMS} here"
        raise _wrong(source, path, message, "begin each with a dash")
    keys = [question.key for question in chapter.group.questions] if chapter.group else []
    for place, item in enumerate(value):
        if not isinstance(item, dict):
            raise _wrong(source, (*path, place), "expected questions and answers here", "")
        yield f"{chapter.id}.{place + 1}.name", ""
        for key, answer in item.items():
            here: Path = (*path, place, key)
            if key not in keys:
                raise _unknown(source, here, keys)
            yield f"{chapter.id}.{place + 1}.{key}", _text(source, here, answer)


def _told(source: Source, path: Path, held: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(held, dict):
        raise _wrong(source, path, "expected points and answers here", "write POINT: ANSWER")
    for key, value in held.items():
        yield f"{POINTS}.{plain(str(key))}", _text(source, (*path, key), value)


def _text(source: Source, path: Path, value: Any) -> str:
    """Return an answer as text; a list as its lines."""
    if isinstance(value, list):
        return "\n".join(_text(source, (*path, place), one) for place, one in enumerate(value))
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | str):
        return str(value).strip()
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.15g}"
    raise _wrong(source, path, "expected an answer here", "write it in quotes")


def _taken(workbook: Workbook) -> Workbook:
    """Return the workbook with each answer as it would have been kept, where it can be used."""
    for step in steps(workbook):
        answer = workbook.answer(step.path)
        try:
            kept = taken(step.question, answer, workbook, step.path)
        except Unusable:
            kept = plain(answer) if step.question.kind not in SEVERAL else answer
        workbook = Workbook(said={**workbook.said, step.path: kept}) if answer else workbook
    return workbook


def _unknown(source: Source, path: Path, keys: list[str]) -> InputError:
    key = str(path[-1])
    return _wrong(
        source,
        path,
        f'there is no question "{key}"',
        nearest(key, keys, f"expected {', '.join(keys)}"),
    )


def _wrong(source: Source, path: Path, message: str, hint: str) -> InputError:
    line, column = source.place(path, key=True)
    return InputError(f"{source.file}:{line}:{column}: {plain(message)}", hint)
