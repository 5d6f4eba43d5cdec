"""What is wrong, or worth knowing, in a routing table, at its place in the file."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class Finding(Struct, frozen=True, kw_only=True):
    """Something wrong, or worth knowing, in a routing table.

    Attributes:
        severity: `error` (the table cannot be used) or `warning` (it can, but look).
        code: a short stable name, e.g. `unknown-person`.
        message: what is wrong, lower case, the user's words in quotes.
        hint: the remedy.
        file: the file's name as the user gave it.
        line: 1-based.
        column: 1-based.
        path: where in the table, e.g. `routes.finance_lead.people[0]`.
    """

    severity: Literal["error", "warning"]
    code: str
    message: str
    hint: str = ""
    file: str = "handraise.yaml"
    line: int = 1
    column: int = 1
    path: str = ""

    def line_text(self) -> str:
        """Return `file:line:column: message; hint`, as editors and people read it."""
        mark = "" if self.severity == "error" else "warning: "
        tail = f"; {self.hint}" if self.hint else ""
        return f"{self.file}:{self.line}:{self.column}: {mark}{self.message}{tail}"
