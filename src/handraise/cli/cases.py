"""What `test` writes: missing tests for a person to confirm, real decisions, who confirmed what."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import typer

from handraise.cli.learned import Line
from handraise.cli.options import settings_at
from handraise.cli.output import counted, say, say_lines, write_file
from handraise.cli.tried import Tried, verdict_of, verdict_words
from handraise.clock import SystemClock
from handraise.core.table.expression import nearest
from handraise.core.trial.texts import familiar_texts
from handraise.core.trial.trial import CaseResult, PlacedCase, run_cases
from handraise.errors import InputError
from handraise.service.reading.tables import read_text
from handraise.service.trying.places import YAML_ENDINGS, tests_folder

if TYPE_CHECKING:
    from handraise.core.familiar.look import Familiar
    from handraise.store import Store

SUGGESTED, RECORDED = "suggested.yaml", "recorded.yaml"
"""Where tests go, in the folder beside the table, when no file is named."""

_HEAD = "# Tests of {table}: `handraise test` finds them here. They are no part of its version.\n"


class Written(msgspec.Struct, frozen=True):
    """What came of writing tests: for programs, and for people."""

    content: dict[str, Any]
    lines: list[Line]


def suggest(tried: Tried, familiar: Familiar | None, output: Path | None) -> Written:
    """Write a test for each thing that no test reaches, to be confirmed by a person.

    Args:
        tried: the table, whose tests were tried.
        familiar: the learned files that it names.
        output: where they go; None for the folder beside the table.

    Raises:
        SettingsError: the solver is not installed.
        InputError: the file cannot be written.
        TableError: what stands in it has findings.
    """
    from handraise.service.extras import need_prove

    need_prove()
    from handraise.core.trial.suggesting import suggestions

    table = tried.table
    counting = [msgspec.structs.replace(case, is_waiting=False) for case in tried.files.all]
    missing = run_cases(table, familiar, counting).coverage.missing
    found = suggestions(table, missing, familiar, familiar_texts(table, tried.trial))
    path = output or tests_folder(tried.path) / SUGGESTED
    cases = _added(
        tried,
        path,
        [
            PlacedCase(name=one.goal.title, given=one.given, escalate=one.routes, is_waiting=True)
            for one in found
            if not one.why
        ],
    )
    lines = [line for case in cases for line in _case_lines(case)]
    lines += [Line(f"{one.why}: {one.goal.name}") for one in found if one.why]
    if cases:
        ask = "look at each, then confirm it: `handraise test --confirm NAME --as PERSON`"
        lines.append(Line(f"{path}: {counted(len(cases), 'test')} written; {ask}"))
    else:
        lines.append(Line(f"{tried.path}: there is nothing to suggest"))
    content = {
        "file": str(path),
        "written": [_told(case) for case in cases],
        "not_found": [{"name": one.goal.name, "why": one.why} for one in found if one.why],
    }
    return Written(content, lines)


def _case_lines(case: PlacedCase) -> list[Line]:
    return [
        Line(f"wait  {case.name}"),
        Line(f"      {_json(case.given)}"),
        Line(f"      {verdict_words(case.escalate)}"),
    ]


def _told(case: PlacedCase) -> dict[str, Any]:
    return {"name": case.name, "given": case.given, "expect": verdict_of(case.escalate)}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def record(
    tried: Tried,
    familiar: Familiar | None,
    output: Path | None,
    *,
    limit: int,
    since: datetime | None,
    store: str | None,
) -> Written:
    """Write the newest real decisions as tests, with the verdict that was given then.

    Args:
        tried: the table, whose tests were tried.
        familiar: the learned files that it names.
        output: where they go; None for the folder beside the table.
        limit: so many decisions are looked at.
        since: only those judged at this instant or after.
        store: where they are kept; None for the usual place.

    Raises:
        StoreError: there is no store, or it cannot be read.
        InputError: the file cannot be written.
        TableError: what stands in it has findings.
    """
    from handraise.service.trying.recording import recorded

    texts = familiar_texts(tried.table, tried.trial)
    with _opened(store, tried.path) as opened:
        found = recorded(opened, tried.table, limit=limit, since=since, texts=texts)
    path = output or tests_folder(tried.path) / RECORDED
    cases = _added(tried, path, found.cases)
    trial = run_cases(msgspec.structs.replace(tried.table, tests=()), familiar, cases)
    lines = [line for result in trial.failures for line in _differing(result)]
    lines.append(Line(f"{path}: {counted(len(cases), 'decision')} recorded as tests"))
    left_out = {
        "the same as another one in all that is given": found.repeated,
        "stopped by something else than the table": found.elsewhere,
        "stopped for their words, which are not recorded": found.wordings,
    }
    for what, count in left_out.items():
        lines += [Line(f"left out: {counted(count, 'decision')}, {what}")] if count else []
    stands_in = "; a text of your own tests stands in" if texts else ""
    lines.append(
        Line(
            f"no customer's text and no context is recorded{stands_in}. Facts and proposals are: "
            "look through them before you share the file"
        )
    )
    differing = {result.name for result in trial.failures}
    content = {
        "file": str(path),
        "written": [{**_told(case), "differs": case.name in differing} for case in cases],
        "left_out": left_out,
    }
    return Written(content, lines)


def _differing(result: CaseResult) -> list[Line]:
    then, now = verdict_words(result.expected), verdict_words(result.got)
    return [
        Line(f"DIFFERS  {result.name}", is_loud=True),
        Line(f"         then {then}; now {now}"),
    ]


@contextmanager
def _opened(store: str | None, beside: Path) -> Iterator[Store]:
    from handraise.store import open_store

    opened = open_store(settings_at(store, beside).store_url or "")
    try:
        yield opened
    finally:
        opened.close()


def _added(tried: Tried, path: Path, cases: Sequence[PlacedCase]) -> list[PlacedCase]:
    """Add tests to a file, and return them; those whose names are taken already are passed over."""
    from handraise.service.trying.writing import with_cases

    if path.suffix.lower() not in YAML_ENDINGS:
        raise InputError(f"--output: {path} is no YAML file", "e.g. --output more.yaml")
    taken = {case.name for case in (*tried.table.tests, *tried.files.all)}
    fresh = [
        msgspec.structs.replace(case, file=str(path)) for case in cases if case.name not in taken
    ]
    if fresh:
        before = read_text(path) if path.exists() else _HEAD.format(table=tried.path.name)
        after = with_cases(before, str(path), fresh, tried.table)
        _make_folder(path.parent)
        write_file(path, after)
    return fresh


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be made ({error.strerror or error})") from None


def confirm(tried: Tried, names: Sequence[str], *, everything: bool, by: str | None) -> None:
    """Show tests that wait with their verdicts, and write down who confirmed them.

    On a terminal the person is asked once more, when all have been shown.

    Args:
        tried: the table, whose tests were tried.
        names: which tests; none with `everything`.
        everything: confirm all that wait.
        by: the person, by their id in the table.

    Raises:
        InputError: the person is nobody on the table, a test does not wait, or the file cannot be
            written.
    """
    by = _person(tried, by)
    waiting = {result.name: result for result in tried.trial.waiting}
    for name in names:
        if name not in waiting:
            hint = nearest(name, waiting, "`handraise test` shows those that wait")
            raise InputError(f'--confirm: no test "{name}" waits', hint)
    chosen = list(waiting.values()) if everything else [waiting[name] for name in names]
    mark = f"{by} {SystemClock().now():%Y-%m-%d}"
    files = {result.file: Path(result.file) for result in chosen}
    for path in files.values():
        if path.suffix.lower() not in YAML_ENDINGS:
            hint = f'write "{mark}" into its column confirmed by hand'
            raise InputError(f"{path}: only tests in YAML are confirmed by this command", hint)
    texts = _texts(files.values())
    for result in chosen:
        say_lines(_shown(result))
    if not chosen:
        say(f"{tried.path}: no test waits")
    elif sys.stdin.isatty():
        typer.confirm(f"{by}, are these verdicts right?", abort=True)
    _check_unchanged(texts)
    for file, path in files.items():
        inside = [result.name for result in chosen if result.file == file]
        _confirmed(tried, path, texts[path], inside, mark)
        say(f"{path}: {counted(len(inside), 'test')} confirmed by {by}")


def _texts(paths: Iterable[Path]) -> dict[Path, str]:
    return {path: read_text(path) for path in paths}


def _check_unchanged(texts: Mapping[Path, str]) -> None:
    """Refuse to confirm what was not shown: a file that was written anew meanwhile."""
    for path, text in texts.items():
        if read_text(path) != text:
            raise InputError(f"{path}: was changed while it was shown", "look at it again")


def _person(tried: Tried, by: str | None) -> str:
    people = tried.table.people
    if by is None:
        raise InputError("--as: who confirms?", f"--as {' or '.join(people)}")
    if by not in people:
        hint = nearest(by, people, f"it has {', '.join(people)}")
        raise InputError(f'--as: "{by}" is nobody on the table', hint)
    return by


def _confirmed(tried: Tried, path: Path, text: str, names: Sequence[str], mark: str) -> None:
    from handraise.service.trying.writing import with_confirmed

    write_file(path, with_confirmed(text, str(path), names, mark, tried.table))


def _shown(result: CaseResult) -> list[Line]:
    """Return a decision with its verdict, for the person who is to confirm it."""
    lines = [
        Line(result.name, is_loud=True),
        Line(f"      {_json(result.given)}"),
        Line(f"      {verdict_words(result.expected)}"),
    ]
    if not result.ok:
        now = f"      but the gate says {verdict_words(result.got)} now: it will fail"
        lines.append(Line(now, is_loud=True))
    lines += [
        Line(f"      because  {reason.row} → {reason.route}: {reason.sentence}")
        for reason in result.reasons
    ]
    return lines
