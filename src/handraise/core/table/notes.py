"""What is wrong with a table while it is built: every problem becomes a finding at its place."""

from __future__ import annotations

from collections.abc import Iterable

from handraise.core.table.expression import (
    AnyNode,
    ExpressionProblem,
    Scope,
    ValueType,
    nearest,
    parse,
)
from handraise.core.table.source import Path, Source
from handraise.core.table.units import UnitProblem, seconds
from handraise.model import Finding


class Notes:
    """Collects findings, and reads what is written in several places of a table.

    Attributes:
        source: the table as it was written.
        findings: what was found so far.
    """

    def __init__(self, source: Source) -> None:
        """Begin without findings."""
        self.source = source
        self.findings: list[Finding] = []

    def say(
        self,
        path: Path,
        code: str,
        message: str,
        hint: str = "",
        *,
        key: bool = False,
        offset: int = 0,
    ) -> None:
        """Add an error at `path`."""
        self.findings.append(self.source.finding(path, code, message, hint, key=key, offset=offset))

    def unknown(
        self, path: Path, what: str, name: str, names: Iterable[str], *, key: bool = False
    ) -> None:
        """Add that `name` is none of `names`, with the nearest of them."""
        among = list(names)
        listed = f"expected {', '.join(among[:8])}" if among else f"declare the {what} first"
        hint = nearest(name, among, listed)
        self.say(path, f"unknown-{what}", f'unknown {what} "{name}"', hint, key=key)

    def seconds(self, path: Path, written: str | float) -> float:
        """Return a duration in seconds; one second, with a finding, when it is none."""
        try:
            return seconds(written)
        except UnitProblem as problem:
            self.say(path, "duration", str(problem))
            return 1.0

    def expression(
        self, path: Path, written: str, scope: Scope, expected: ValueType
    ) -> AnyNode | None:
        """Return the tree of an expression; None, with a finding, when it cannot be read."""
        try:
            return parse(written, scope, expected)
        except ExpressionProblem as problem:
            self.say(path, "expression", problem.message, problem.hint, offset=problem.offset)
            return None
