"""Claims of a table: what is to be proved of every possible decision. Here they are only read.

Each says exactly one of four things, of the decisions for which its `when` is true or of all.
INVARIANT: no two claims have the same name, so that a proof can be told by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from handraise.core.table.expression import Scope
from handraise.core.table.notes import Notes
from handraise.core.table.source import Path
from handraise.core.table.spec import ClaimSpec
from handraise.core.table.types import Claim

Kind = Literal["reaches", "never", "always", "unreachable"]

KINDS: tuple[Kind, ...] = ("reaches", "never", "always", "unreachable")
"""What a claim may say, in the words of the file."""

EXAMPLE = "e.g. reaches: ROUTE, never: proceed, always: proceed, or unreachable: ROUTE"


class ClaimBuilder:
    """Builds claims.

    Attributes:
        notes: where findings go.
        scope: what `when` may read; the same as in rows.
        routes: all that can be asked, the owner's included.
    """

    def __init__(self, notes: Notes, scope: Scope, routes: Sequence[str]) -> None:
        """Keep what claims refer to."""
        self.notes = notes
        self.scope = scope
        self.routes = routes

    def claims(self, specs: Sequence[ClaimSpec]) -> tuple[Claim, ...]:
        """Return the claims in the order of the file."""
        seen: set[str] = set()
        for place, spec in enumerate(specs):
            if spec.name in seen:
                message = f'the claim "{spec.name}" stands twice'
                where: Path = ("claims", place, "name")
                self.notes.say(where, "repeated", message, "give one another name, or remove it")
            seen.add(spec.name)
        return tuple(self._claim(("claims", place), spec) for place, spec in enumerate(specs))

    def _claim(self, path: Path, spec: ClaimSpec) -> Claim:
        when = None
        if spec.when is not None:
            when = self.notes.expression((*path, "when"), spec.when, self.scope, "boolean")
        kind = self._kind(path, spec)
        named = {"reaches": spec.reaches, "unreachable": spec.unreachable}.get(kind) or []
        self._check_routes((*path, kind), named)
        line, _ = self.notes.source.place(path)
        return Claim(name=spec.name, when=when, kind=kind, routes=tuple(named), line=line)

    def _kind(self, path: Path, spec: ClaimSpec) -> Kind:
        said = [kind for kind in KINDS if getattr(spec, kind) is not None]
        if len(said) == 1:
            return said[0]
        if said:
            listed = " and ".join(f'"{kind}"' for kind in said)
            message = f"a claim says one thing, and this one has {listed}"
            self.notes.say((*path, said[1]), "claim", message, "make two claims of it", key=True)
            return said[0]
        self.notes.say(path, "claim", "this claim says nothing", EXAMPLE)
        return "always"

    def _check_routes(self, path: Path, named: Sequence[str]) -> None:
        for place, route in enumerate(named):
            where = (*path, place) if (*path, place) in self.notes.source.values else path
            if route not in self.routes:
                self.notes.unknown(where, "route", route, self.routes)
            elif route in named[:place]:
                self.notes.say(where, "repeated", f'"{route}" stands twice', "remove one")
