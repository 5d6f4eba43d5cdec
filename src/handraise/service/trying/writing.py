"""Tests written into a YAML file beside a table, and confirmed there by a person.

INVARIANTS: what stands in the file stays, with its comments; a test whose name is there already is
not written again; what was written reads back as it was meant, or nothing is written at all.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from handraise.core.table.types import Table
from handraise.core.trial.trial import PlacedCase
from handraise.errors import InputError, TableError
from handraise.service.trying.yaml_cases import yaml_cases

WIDTH = 100


def with_cases(text: str, file: str, cases: Sequence[PlacedCase], table: Table) -> str:
    """Return the text of a file of tests with more of them at its end.

    Args:
        text: what stands there; may be empty, or comments alone.
        file: its name, for errors.
        cases: what is added; those whose names are there already are passed over.
        table: the table they are for.

    Raises:
        TableError: the file has findings.
        InputError: a test holds what YAML cannot say.
    """
    there, findings = yaml_cases(text, file, table)
    if findings:
        raise TableError(tuple(findings))
    names = {case.name for case in there}
    added = [case for case in cases if case.name not in names]
    if not added:
        return text
    content = _loaded(text)
    listed = content.get("tests")
    if listed is None:
        listed = content["tests"] = CommentedSeq()
    listed.fa.set_block_style()
    listed.extend(_mapping(case) for case in added)
    return _checked(_dumped(content), file, (*there, *added), table)


def with_confirmed(text: str, file: str, names: Collection[str], by: str, table: Table) -> str:
    """Return the text of a file of tests in which a person has confirmed some.

    Args:
        text: what stands there.
        file: its name, for errors.
        names: which tests.
        by: who confirmed them, and when, as it is written there.
        table: the table they are for.

    Raises:
        InputError: it cannot be written so that it reads back.
    """
    there, _ = yaml_cases(text, file, table)
    content = _loaded(text)
    for one in content["tests"]:
        if one["name"] in names:
            one["confirmed"] = by
    return _checked(_dumped(content), file, there, table)


def _mapping(case: PlacedCase) -> CommentedMap:
    found = CommentedMap(
        name=case.name,
        given=_flowing(case.given),
        expect=_flowing({"escalate": list(case.escalate)}) if case.escalate else "proceed",
    )
    if case.is_waiting:
        found["confirmed"] = False
    return found


def _flowing(value: Any) -> Any:
    """Return a value as ruamel writes it on one line; no part is shared, so nothing is an alias."""
    if isinstance(value, dict):
        found = CommentedMap((name, _flowing(inner)) for name, inner in value.items())
        found.fa.set_flow_style()
        return found
    if isinstance(value, list | tuple):
        listed = CommentedSeq(_flowing(inner) for inner in value)
        listed.fa.set_flow_style()
        return listed
    return value


def _yaml() -> YAML:
    yaml = YAML(typ="rt", pure=True)
    yaml.version = (1, 2)
    yaml.preserve_quotes = True
    yaml.width = WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _loaded(text: str) -> Any:
    """Return a file's content with its comments, those of an empty one too."""
    return _yaml().load(text) or _yaml().load(f"{text.rstrip()}\ntests:\n")


def _dumped(content: Any) -> str:
    stream = io.StringIO()
    try:
        _yaml().dump(content, stream)
    except YAMLError as error:
        raise InputError(f"a test cannot be written as YAML ({error})") from None
    return stream.getvalue().removeprefix("%YAML 1.2\n---\n")


def _checked(text: str, file: str, meant: Sequence[PlacedCase], table: Table) -> str:
    """Return a text that reads back as it was meant.

    Raises:
        InputError: it does not.
    """
    found, findings = yaml_cases(text, file, table)
    same = [(one.name, one.given, one.escalate) for one in found] == [
        (one.name, one.given, one.escalate) for one in meant
    ]
    if findings or not same:
        shown = f" ({findings[0].message})" if findings else ""
        raise InputError(
            f"{file}: what would be written does not read back as it was meant{shown}",
            "name another file: --output FILE",
        )
    return text
