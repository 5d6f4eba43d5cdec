"""Tests in YAML: a list under `tests:` as in a table, each with who has confirmed it."""

from __future__ import annotations

from typing import Any

from handraise.core.table.expression import nearest
from handraise.core.table.notes import Notes
from handraise.core.table.source import Path, Source, path_text, read_source
from handraise.core.table.types import Table
from handraise.core.table.values import shown
from handraise.core.trial.trial import PlacedCase
from handraise.model import OWNER, Decision, Finding
from handraise.service.trying.confirming import HINT, is_signed

KEYS = ("name", "given", "expect", "confirmed")
LONGEST_NAME = 500

_FORM = "write tests: and under it - {name: …, given: {…}, expect: proceed}"
_EXPECT = "write expect: proceed, or expect: {escalate: [ROUTE]}"


def yaml_cases(text: str, file: str, table: Table) -> tuple[list[PlacedCase], list[Finding]]:
    """Return the tests of a YAML file, and all that is wrong with it.

    Args:
        text: what stands in the file.
        file: its name, for findings.
        table: the table they are for.
    """
    source, findings = read_source(text, file)
    if source is None:
        is_empty = all(finding.code == "empty" for finding in findings)
        return [], [] if is_empty else findings
    reader = _Reader(source, table)
    return reader.cases(), reader.notes.findings


class _Reader:
    """Reads the tests of one file and collects what is wrong with them."""

    def __init__(self, source: Source, table: Table) -> None:
        self.notes = Notes(source)
        self.source = source
        self.routes = [*table.routes, OWNER]

    def cases(self) -> list[PlacedCase]:
        """Return the tests that can be read."""
        data = self.source.data
        if not isinstance(data, dict):
            self.notes.say((), "form", "a file of tests is a mapping", _FORM)
            return []
        self._known_keys((), data, ("tests",))
        if "tests" not in data:
            self.notes.say((), "missing-key", 'the file has no "tests"', _FORM)
            return []
        listed = data["tests"]
        if listed is None:
            return []
        if not isinstance(listed, list):
            self.notes.say(("tests",), "form", "tests: is a list", _FORM)
            return []
        found = [self._case(("tests", place), one) for place, one in enumerate(listed)]
        return [case for case in found if case is not None]

    def _case(self, path: Path, written: Any) -> PlacedCase | None:
        if not isinstance(written, dict):
            self.notes.say(path, "form", f"{path_text(path)}: a test is a mapping", _FORM)
            return None
        before = len(self.notes.findings)
        self._known_keys(path, written, KEYS)
        for key in KEYS[:3]:
            if key not in written:
                message = f'{path_text(path)} has no "{key}"'
                self.notes.say(path, "missing-key", message, f"add {key}:")
        name = self._name(path, written.get("name", "-"))
        given = self._given(path, written.get("given", {}))
        escalate = self._expected(path, written.get("expect", "proceed"))
        is_waiting, confirmed = self._confirmed(path, written)
        if len(self.notes.findings) > before:
            return None
        line, _ = self.source.place(path)
        return PlacedCase(
            name=name,
            given=given,
            escalate=escalate,
            line=line,
            file=self.source.file,
            is_waiting=is_waiting,
            confirmed=confirmed,
        )

    def _known_keys(self, path: Path, written: dict[Any, Any], known: tuple[str, ...]) -> None:
        for key in written:
            if key not in known:
                hint = nearest(str(key), known, f"expected {', '.join(known)}")
                self.notes.say((*path, key), "unknown-key", f'unknown key "{key}"', hint, key=True)

    def _name(self, path: Path, written: Any) -> str:
        if isinstance(written, str) and 0 < len(written) <= LONGEST_NAME:
            return written
        message = f"a name is a text of 1 to {LONGEST_NAME} characters, found {shown(written)}"
        self.notes.say((*path, "name"), "form", message, "put it in quotes")
        return ""

    def _given(self, path: Path, written: Any) -> dict[str, Any]:
        where: Path = (*path, "given")
        if not isinstance(written, dict):
            message = f"given: is a decision, found {shown(written)}"
            self.notes.say(where, "form", message, "write given: {type: …, confidence: …}")
            return {}
        fields = Decision.__struct_fields__
        for field in written:
            if field not in fields:
                message = f'a decision has no field "{field}"'
                hint = nearest(str(field), fields, f"it has {', '.join(fields)}")
                self.notes.say((*where, field), "unknown-field", message, hint, key=True)
        return written

    def _expected(self, path: Path, written: Any) -> tuple[str, ...]:
        where: Path = (*path, "expect")
        if written == "proceed":
            return ()
        if not isinstance(written, dict) or set(written) != {"escalate"}:
            message = f"expected proceed or {{escalate: [ROUTE]}}, found {shown(written)}"
            self.notes.say(where, "form", message, _EXPECT)
            return ()
        routes = written["escalate"]
        listed = routes if isinstance(routes, list) else [routes]
        if not listed or not all(isinstance(route, str) for route in listed):
            message = f"escalate: names routes, found {shown(routes)}"
            self.notes.say((*where, "escalate"), "form", message, _EXPECT)
            return ()
        for place, route in enumerate(listed):
            if route not in self.routes:
                self.notes.unknown((*where, "escalate", place), "route", route, self.routes)
        return tuple(listed)

    def _confirmed(self, path: Path, test: dict[Any, Any]) -> tuple[bool, str]:
        """Return whether a test waits for a person, and who has confirmed it."""
        if "confirmed" not in test:
            return False, ""
        written = test["confirmed"]
        if written is False:
            return True, ""
        if is_signed(written):
            return False, written
        message = f"confirmed: is false, or a person and a day, found {shown(written)}"
        self.notes.say((*path, "confirmed"), "form", message, HINT)
        return True, ""
