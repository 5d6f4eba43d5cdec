"""`@guarded`: a tool function that runs only with a grant for exactly these arguments, once.

INVARIANT: the function begins only after its grant was found to fit and was used up; what it gets
is a copy of what was compared, and nothing that can change meanwhile or pass for something else:
other than plain values it gets only beside the proposal itself. Values are never logged.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from handraise.core.gate.digest import MAX_DEPTH
from handraise.errors import GrantError, InputError
from handraise.service.granting.grants import MAX_BY
from handraise.service.granting.verifying import GrantingGate, synchronous
from handraise.service.logs import Log

GRANT = "grant"
PROPOSAL = "proposal"
ITSELF = frozenset({"self", "cls"})
"""The first argument of a method: whose it is, and no part of what is proposed."""
PLAIN = frozenset({type(None), bool, int, float, str, Decimal})
"""What is exactly of these types says the same whenever and however it is looked at."""

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

log = Log(__name__)


class Guarded(Protocol[R_co]):
    """A guarded function: called as before, with its grant."""

    def __call__(self, *args: Any, grant: str | None = None, **named: Any) -> R_co:
        """Return what the function returns, once its grant was found to fit and was used up.

        Raises:
            GrantError: there is no grant for this; the function did not run.
            StoreError: the grant could not be used up; the function did not run.
        """
        ...

    def proposal(self, *args: Any, **named: Any) -> Any:
        """Return the proposal of such a call, to decide about."""
        ...


def guarded(
    gate: Any, *, action: str, proposal: Callable[..., Any] | None = None
) -> Callable[[Callable[..., R]], Guarded[R]]:
    """Return a decorator for a tool function, so that it refuses to run without a fitting grant.

    The decorated function takes one more argument, `grant`, by name. Its other arguments are the
    proposal: by their names, those of `**more` among them, in any order. A default is part of it,
    except None: an argument left out whose default is None is left out of the proposal as well. So
    `tool(**resolution.proposal, grant=resolution.grant)` does what was approved. `tool.proposal(…)`
    returns the proposal of such a call, to decide about.

    The function gets copies of what was compared. So the arguments are plain values and nothing
    derived from them: None, bool, int, float, str, Decimal, and lists, tuples and dicts of such.

    With `proposal=`, the function should take a `proposal` by name alone (`*, proposal`): it is
    given exactly what was compared, and acts on that, whatever its arguments say by then. Only then
    may the arguments be other objects.

    The grant is used up first; then the function runs. One that fails has used its grant.

    Args:
        gate: embedded, remote or asynchronous; or a function without arguments that returns it.
        action: the kind of thing the function does, as in the table.
        proposal: makes the proposal of the arguments, in plain values, for a function whose
            arguments are not it.

    Raises:
        InputError: what is decorated cannot be guarded: no function or coroutine function, a
            `grant` of its own, or `*args` without a `proposal`.

    Example:
        >>> @guarded(lambda: None, action="refund")
        ... def refund(refund: float, note: str | None = None) -> str:
        ...     return "refunded"
        >>> refund.proposal(40), refund.proposal(40, note=None)
        ({'refund': 40}, {'refund': 40, 'note': None})
        >>> refund(40)
        Traceback (most recent call last):
        handraise.errors.GrantError: there is no grant; call it with grant=resolution.grant
    """
    if not isinstance(action, str) or not action:
        raise InputError("action: expected the name of an action in the table")

    def decorate(function: Callable[..., R]) -> Guarded[R]:
        made: Guarded[R] = _Tool(function, gate, action, proposal).wrapped()
        return made

    return decorate


class _Tool:
    """A function with its guard."""

    def __init__(
        self,
        function: Callable[..., Any],
        gate: Any,
        action: str,
        proposal: Callable[..., Any] | None,
    ) -> None:
        """Keep them.

        Raises:
            InputError: it cannot be guarded.
        """
        self._function = function
        self._gate = gate
        self._action = action
        self._proposal = proposal
        self._name = str(getattr(function, "__qualname__", type(function).__name__))
        self._signature = self._checked()
        self._takes_proposal = self._without_proposal()
        inner = self._name.rpartition(".")[0]
        in_class = bool(inner) and not inner.endswith("<locals>")
        self._is_method = in_class and not inspect.ismethod(function)

    def _without_proposal(self) -> bool:
        """Take the proposal out of what is called with; whether the function asks for it."""
        own = self._signature.parameters.get(PROPOSAL)
        if self._proposal is None or own is None or own.kind is not own.KEYWORD_ONLY:
            return False
        rest = [one for one in self._signature.parameters.values() if one is not own]
        self._signature = self._signature.replace(parameters=rest)
        return True

    def _checked(self) -> inspect.Signature:
        function = self._function
        if not callable(function) or isinstance(function, type):
            raise InputError(f"{self._name}: only a function can be guarded")
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise InputError(f"{self._name}: a generator cannot be guarded", "return what is done")
        signature = inspect.signature(function)
        kinds = {one.kind for one in signature.parameters.values()}
        if GRANT in signature.parameters:
            raise InputError(f"{self._name}: has an argument {GRANT} of its own", "rename it")
        if inspect.Parameter.VAR_POSITIONAL in kinds and self._proposal is None:
            raise InputError(
                f"{self._name}: what comes as *args has no name", "say the proposal with proposal="
            )
        return signature

    def wrapped(self) -> Any:
        """Return the guarded function."""
        if inspect.iscoroutinefunction(self._function):

            @functools.wraps(self._function)
            async def guard(*args: Any, grant: str | None = None, **named: Any) -> Any:
                bound, wanted = self._bound(args, named)
                given = self._given(wanted)
                await asyncio.to_thread(self._use, grant, wanted)
                return await self._function(*bound.args, **bound.kwargs, **given)

        else:

            @functools.wraps(self._function)
            def guard(*args: Any, grant: str | None = None, **named: Any) -> Any:
                bound, wanted = self._bound(args, named)
                given = self._given(wanted)
                self._use(grant, wanted)
                return self._function(*bound.args, **bound.kwargs, **given)

        # Whoever looks for the function behind it must not find one without a guard.
        del guard.__wrapped__
        guard.__signature__ = self._with_grant()  # type: ignore[attr-defined]
        guard.__annotations__ = {**guard.__annotations__, GRANT: str | None}
        guard.proposal = self.proposal  # type: ignore[attr-defined]
        return guard

    def proposal(self, /, *args: Any, **named: Any) -> Any:
        """Return the proposal of a call: what a grant for it must be for.

        Raises:
            TypeError: the function cannot be called like this.
            GrantError: it could not run with such values.
        """
        return self._bound(args, named)[1]

    def _given(self, wanted: Any) -> dict[str, Any]:
        """Return the proposal by its name, as the function's own copy, where it asks for it."""
        return {PROPOSAL: self._plain(wanted, PROPOSAL)} if self._takes_proposal else {}

    def _use(self, grant: str | None, wanted: Any) -> None:
        if not grant:
            log.warning("a guarded tool was called without a grant", tool=self._name)
            raise GrantError("there is no grant", "call it with grant=resolution.grant")
        gate = synchronous(self._gate() if callable(self._gate) else self._gate)
        if not isinstance(gate, GrantingGate):
            raise InputError(f"{self._name}: is guarded by no gate", "give an open gate")
        gate.use_grant(grant, action=self._action, proposal=wanted, by=self._name[:MAX_BY])

    def _bound(
        self, args: tuple[Any, ...], named: Mapping[str, Any]
    ) -> tuple[inspect.BoundArguments, Any]:
        """Return the arguments of a call, out of anybody else's hands, and their proposal."""
        if self._takes_proposal and PROPOSAL in named:
            raise TypeError(f"{self._name}() is given its {PROPOSAL} by its guard")
        bound = self._signature.bind(*args, **named)
        chosen = set(bound.arguments)
        bound.apply_defaults()
        itself = self._receiver(bound)
        bound.arguments = {
            name: value if name == itself else self._taken(value, name)
            for name, value in bound.arguments.items()
        }
        if self._proposal is None:
            return bound, self._plain(self._named(bound, chosen, itself), PROPOSAL)
        # It gets copies of its own: what it takes out of them is not missing for the function.
        named = {name: _own(value) for name, value in named.items()}
        return bound, self._plain(self._proposal(*map(_own, args), **named), PROPOSAL)

    def _taken(self, value: Any, place: str) -> Any:
        return _own(value) if self._takes_proposal else self._plain(value, place)

    def _plain(self, value: Any, place: str) -> Any:
        return _copy(value, f"{self._name}: {place}")

    def _receiver(self, bound: inspect.BoundArguments) -> str | None:
        """Return the name of the argument that says whose method it is; None where there is none.

        A plain value is nobody's: it counts as what is proposed, whatever it is called.
        """
        first = next(iter(bound.arguments), None)
        if first is None or first not in ITSELF or not self._is_method:
            return None
        return None if type(bound.arguments[first]) in {*PLAIN, list, tuple, dict} else first

    def _named(
        self, bound: inspect.BoundArguments, chosen: set[str], itself: str | None
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, one in self._signature.parameters.items():
            if name == itself:
                continue
            if one.kind is inspect.Parameter.VAR_KEYWORD:
                more = bound.arguments[name]
                if not found.keys().isdisjoint(more):
                    raise GrantError(f"{self._name}: an argument is there twice", "name each once")
                found |= more
            elif name in chosen or one.default is not None:
                found[name] = bound.arguments[name]
        return found

    def _with_grant(self) -> inspect.Signature:
        kinds = inspect.Parameter
        grant = kinds(GRANT, kinds.KEYWORD_ONLY, default=None, annotation=str | None)
        each = list(self._signature.parameters.values())
        rest = [one for one in each if one.kind is kinds.VAR_KEYWORD]
        return self._signature.replace(parameters=[*each[: len(each) - len(rest)], grant, *rest])


def _own(value: Any) -> Any:
    """Return a copy of a plain value; anything else as it is."""
    try:
        return _copy(value, "")
    except GrantError:
        return value


def _copy(value: Any, place: str, depth: int = 0) -> Any:
    """Return a copy of a plain value, out of anybody else's hands.

    Raises:
        GrantError: it is of another type, if only one derived from these, or too deeply nested.
    """
    kind = type(value)
    if kind in PLAIN:
        return value
    if depth <= MAX_DEPTH:
        if kind is list or kind is tuple:
            return kind(_copy(inner, place, depth + 1) for inner in value)
        if kind is dict and all(type(name) is str for name in value):
            return {name: _copy(inner, place, depth + 1) for name, inner in value.items()}
    raise GrantError(
        f"{place}: no grant fits it, it holds a {kind.__name__} that is no plain value",
        "use texts, numbers, true, false, null, lists, and names with such values",
    )
