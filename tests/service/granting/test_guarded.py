"""Guarded tools: they run with a grant for exactly these arguments, once, and otherwise never."""

import asyncio
import inspect
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

import handraise
from handraise.errors import GrantError, InputError, StoreUnavailableError
from handraise.service.deciding.aio import AsyncGate
from handraise.service.deciding.gate import EmbeddedGate
from handraise.service.deciding.remote import RemoteGate
from handraise.service.granting.guarded import guarded
from handraise.service.wiring import Operation
from tests.support.operation import AGENT, BIG, SURE, answered, gate_of
from tests.support.server import Server

Gate = EmbeddedGate | RemoteGate
Approved = Callable[..., Any]


@pytest.fixture(params=["embedded", "remote"])
def face(request: pytest.FixtureRequest, operation: Operation) -> Iterator[Gate]:
    if request.param == "embedded":
        yield gate_of(operation)
        return
    server = Server.of(operation)
    _, key = operation.door.make_key(AGENT, "test")
    with handraise.connect(server.url, key) as gate:
        yield gate
    server.close()


@pytest.fixture
def approved(operation: Operation) -> Approved:
    """Return what gives the grant of a proposal that a person has approved."""

    def approve(asked: Any, kind: str = "approve", **more: Any) -> Any:
        verdict = gate_of(operation).decide(**{**BIG, "confidence": 0.1, "proposal": asked})
        answered(operation, verdict.escalation_id or "", kind, **more)
        return verdict.wait(5)

    return approve


class Till:
    """Keeps what was paid out."""

    def __init__(self, gate: Any) -> None:
        self.paid: list[Any] = []

        @guarded(gate, action="refund")
        def refund(refund: float, note: str | None = None) -> str:
            """Pay money back."""
            self.paid.append((refund, note))
            return "paid"

        self.refund = refund


def test_it_runs_with_its_grant_and_once(face: Gate, approved: Approved) -> None:
    till = Till(face)
    found = approved({"refund": 900})
    assert till.refund(**found.proposal, grant=found.grant) == "paid"
    with pytest.raises(GrantError, match=r"used already at .* by .*refund"):
        till.refund(**found.proposal, grant=found.grant)
    assert till.paid == [(900, None)]


def test_without_a_grant_it_does_not_run(face: Gate) -> None:
    till = Till(face)
    for call in (lambda: till.refund(900), lambda: till.refund(900, grant="")):
        with pytest.raises(GrantError, match="no grant"):
            call()
    with pytest.raises(GrantError, match="this is no grant"):
        till.refund(900, grant="made.up.grant")
    assert till.paid == []


def test_other_arguments_are_refused_and_leave_the_grant(face: Gate, approved: Approved) -> None:
    till = Till(face)
    grant = approved({"refund": 900}).grant
    for call in (
        lambda: till.refund(90_000, grant=grant),
        lambda: till.refund("900", grant=grant),
        lambda: till.refund(True, grant=grant),
        lambda: till.refund(900, "x", grant=grant),
        lambda: till.refund(900, note=None, grant=grant),
        lambda: till.refund(None, grant=grant),
        lambda: till.refund(float("nan"), grant=grant),
        lambda: till.refund(object(), grant=grant),
    ):
        with pytest.raises(GrantError):
            call()
    with pytest.raises(TypeError):
        till.refund(900, reason="x", grant=grant)
    assert till.paid == []
    assert till.refund(Decimal("900.0"), grant=grant) == "paid"


def test_what_was_changed_by_a_person_is_what_runs(face: Gate, operation: Operation) -> None:
    till = Till(face)
    verdict = face.decide(**BIG)
    change = {"proposal": {"refund": 620, "note": "less"}, "reason": "too much"}
    answered(operation, verdict.escalation_id or "", "change", **change)
    found = verdict.wait(5)
    with pytest.raises(GrantError, match="another proposal"):
        till.refund(6200, grant=found.grant)
    till.refund(**found.proposal, grant=found.grant)
    assert till.paid == [(620, "less")]


def test_a_stop_and_a_rejection_let_nothing_run(face: Gate, approved: Approved) -> None:
    till = Till(face)
    found = approved({"refund": 900}, "reject", reason="no")
    assert found.grant is None
    with pytest.raises(GrantError):
        till.refund(900, grant=found.grant)
    with pytest.raises(GrantError):
        till.refund(6200, grant=face.grant(face.decide(**BIG, key="k")))
    assert till.paid == []


def test_what_goes_ahead_runs_with_its_grant(face: Gate) -> None:
    till = Till(face)
    verdict = face.decide(**SURE, key="k")
    assert till.refund(40, grant=face.grant(verdict)) == "paid"


def test_another_tool_does_not_take_the_grant(face: Gate, approved: Approved) -> None:
    @guarded(face, action="send_reply")
    def send_reply(refund: float) -> None:
        pytest.fail("it ran")

    with pytest.raises(GrantError, match="not for 'send_reply'"):
        send_reply(900, grant=approved({"refund": 900}).grant)


def test_of_threads_that_race_one_runs(face: Gate, approved: Approved) -> None:
    till = Till(face)
    grant = approved({"refund": 900}).grant
    start = threading.Barrier(8)

    def pay(_: int) -> str:
        start.wait(20)
        try:
            return till.refund(900, grant=grant)
        except GrantError:
            return "refused"

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(pay, range(8))) == ["paid", *["refused"] * 7]
    assert till.paid == [(900, None)]


def test_a_coroutine_function_waits_for_its_grant(face: Gate, approved: Approved) -> None:
    paid = []

    async def pay() -> None:
        gate = AsyncGate(face)

        @guarded(gate, action="refund")
        async def refund(*, refund: float) -> str:
            paid.append(refund)
            return "paid"

        assert inspect.iscoroutinefunction(refund)
        grant = approved({"refund": 900}).grant
        with pytest.raises(GrantError):
            await refund(refund=901, grant=grant)
        assert await refund(refund=900, grant=grant) == "paid"
        with pytest.raises(GrantError, match="used already"):
            await refund(refund=900, grant=grant)
        verdict = await gate.decide(**SURE, key="k")
        assert await refund(refund=40, grant=await gate.grant(verdict)) == "paid"
        again = await gate.grant(verdict)
        with pytest.raises(GrantError, match="used already"):
            await gate.use_grant(again, action="refund", proposal={"refund": 40})

    asyncio.run(pay())
    assert paid == [900, 40]


def test_a_tool_that_fails_has_used_its_grant(operation: Operation, approved: Approved) -> None:
    @guarded(gate_of(operation), action="refund")
    def refund(refund: float) -> None:
        raise RuntimeError("the bank is closed")

    grant = approved({"refund": 900}).grant
    with pytest.raises(RuntimeError):
        refund(900, grant=grant)
    with pytest.raises(GrantError, match="used already"):
        refund(900, grant=grant)


def test_where_the_grant_cannot_be_used_up_nothing_runs(
    operation: Operation, approved: Approved
) -> None:
    server = Server.of(operation)
    _, key = operation.door.make_key(AGENT, "test")
    with handraise.connect(server.url, key) as gate:
        till = Till(gate)
        grant = approved({"refund": 900}).grant
        server.close()
        with pytest.raises(StoreUnavailableError):
            till.refund(900, grant=grant)
        assert till.paid == []


@guarded(lambda: None, action="a")
def _every_kind(a: int, /, b: int, c: int = 3, *, d: int | None = None, **more: Any) -> None: ...


@pytest.mark.parametrize(
    ("args", "named", "proposal"),
    [
        ((1, 2), {}, {"a": 1, "b": 2, "c": 3}),
        ((1,), {"b": 2, "c": 4}, {"a": 1, "b": 2, "c": 4}),
        ((1, 2, None), {}, {"a": 1, "b": 2, "c": None}),
        ((1, 2), {"d": None}, {"a": 1, "b": 2, "c": 3, "d": None}),
        ((1, 2), {"e": {"f": [1, (2,)]}}, {"a": 1, "b": 2, "c": 3, "e": {"f": [1, (2,)]}}),
    ],
    ids=["places", "names", "none in a place", "none by name", "more"],
)
def test_the_arguments_are_the_proposal(
    args: tuple[Any, ...], named: dict[str, Any], proposal: dict[str, Any]
) -> None:
    assert _every_kind.proposal(*args, **named) == proposal


def test_an_argument_that_is_there_twice_is_refused() -> None:
    with pytest.raises(GrantError, match="twice"):
        _every_kind.proposal(1, 2, a=3)


def test_whose_method_it_is_is_no_part_of_the_proposal(face: Gate, approved: Approved) -> None:
    class Bank:
        @guarded(face, action="refund")
        def refund(self, refund: float) -> str:
            return f"paid {refund}"

    assert Bank().refund(900, grant=approved({"refund": 900}).grant) == "paid 900"


def test_a_proposal_may_be_made_of_the_arguments(face: Gate, approved: Approved) -> None:
    @guarded(face, action="refund", proposal=lambda *amounts: {"refund": sum(amounts)})
    def refund(*amounts: int) -> tuple[int, ...]:
        return amounts

    assert refund.proposal(400, 500) == {"refund": 900}
    assert refund(400, 500, grant=approved({"refund": 900}).grant) == (400, 500)


def test_what_it_gets_is_what_was_compared(operation: Operation, approved: Approved) -> None:
    given = {"refund": 900}

    class Meddling:
        """A gate that changes what it was asked about before the tool runs."""

        find_key = gate_of(operation).find_key

        def use_grant(self, grant: str | None, **asked: Any) -> Any:
            found = gate_of(operation).use_grant(grant, **asked)
            given["refund"] = 90_000
            return found

    @guarded(Meddling(), action="refund", proposal=lambda wanted: wanted)
    def refund(wanted: dict[str, Any]) -> Any:
        return wanted

    assert refund(given, grant=approved({"refund": 900}).grant) == {"refund": 900}


def test_a_gate_may_come_later(operation: Operation, approved: Approved) -> None:
    gates: list[Any] = [None]

    @guarded(lambda: gates[0], action="refund")
    def refund(refund: float) -> str:
        return "paid"

    grant = approved({"refund": 900}).grant
    with pytest.raises(InputError, match="no gate"):
        refund(900, grant=grant)
    gates[0] = gate_of(operation)
    assert refund(900, grant=grant) == "paid"


def test_it_looks_like_the_function_with_a_grant() -> None:
    assert str(inspect.signature(_every_kind)).startswith("(a: int, /, b: int, c: int = 3, *, d")
    assert list(inspect.signature(_every_kind).parameters) == ["a", "b", "c", "d", "grant", "more"]
    assert not hasattr(_every_kind, "__wrapped__")
    till = Till(None)
    assert till.refund.__doc__ == "Pay money back."


def _generator() -> Iterator[int]:
    yield 1


def _taking_a_grant(grant: str) -> None: ...


def _taking_any(*args: int) -> None: ...


@pytest.mark.parametrize("what", [_generator, _taking_a_grant, _taking_any, Till, None])
def test_what_cannot_be_guarded_is_refused_when_it_is_written(what: Any) -> None:
    with pytest.raises(InputError):
        guarded(lambda: None, action="refund")(what)


@pytest.mark.parametrize("action", ["", None])
def test_a_guard_needs_its_action(action: Any) -> None:
    with pytest.raises(InputError, match="action"):
        guarded(lambda: None, action=action)


class Derived(str):
    """A text that passes for another one."""

    def __str__(self) -> str:
        return "evil"


class Pair(NamedTuple):
    """A tuple that holds what can be changed."""

    to: str
    amounts: list[int]


class Named(dict[str, Any]):
    """A dict of another kind."""


@pytest.mark.parametrize(
    "value",
    [
        Derived("good"),
        Pair("c", [40]),
        Named(refund=40),
        [[Derived("x")]],
        {Derived("x"): 1},
        {1: 2},
    ],
    ids=["text", "named tuple", "dict", "within", "name", "number as a name"],
)
def test_what_is_no_plain_value_is_refused_before_anything_runs(value: Any) -> None:
    @guarded(lambda: pytest.fail("the grant was used"), action="refund")
    def refund(wanted: Any) -> None:
        pytest.fail("it ran")

    with pytest.raises(GrantError, match=r"refund: wanted: .* is no plain value"):
        refund(value, grant="a grant")
    with pytest.raises(GrantError, match="no plain value"):
        refund.proposal(value)


def test_what_holds_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(GrantError, match="no plain value"):
        _every_kind.proposal(endless, 1)


def meddling(operation: Operation, meddle: Callable[[], Any]) -> Any:
    """Return a gate during whose use of a grant somebody changes something."""

    class Meddling:
        find_key = gate_of(operation).find_key

        def use_grant(self, grant: str | None, **asked: Any) -> Any:
            found = gate_of(operation).use_grant(grant, **asked)
            meddle()
            return found

    return Meddling()


def test_a_default_that_is_changed_meanwhile_is_not_what_runs(
    operation: Operation, approved: Approved
) -> None:
    lines: list[int] = []

    @guarded(lambda: None, action="refund")
    def refund(refund: int, note: list[int] = lines) -> Any:
        return refund, note

    @guarded(
        meddling(operation, lambda: lines.append(90_000)),
        action="refund",
        proposal=lambda refund: {"refund": refund},
    )
    def with_lines(refund: int, lines: list[int] = lines) -> Any:
        return refund, lines

    assert with_lines(900, grant=approved({"refund": 900}).grant) == (900, [])
    assert lines == [90_000]
    assert refund.proposal(1) == {"refund": 1, "note": [90_000]}


def test_an_argument_of_a_function_is_compared_whatever_its_name(
    face: Gate, approved: Approved
) -> None:
    @guarded(face, action="refund")
    def refund(cls: str, refund: float) -> None:
        pytest.fail("it ran")

    class Bank:
        @staticmethod
        @guarded(face, action="refund")
        def refund(cls: str, refund: float) -> None:
            pytest.fail("it ran")

        @classmethod
        @guarded(face, action="refund")
        def of_all(cls, refund: float) -> str:
            return f"{cls.__name__} paid {refund}"

    grant = approved({"refund": 900}).grant
    for tool in (refund, Bank.refund):
        assert tool.proposal("me", 900) == {"cls": "me", "refund": 900}
        with pytest.raises(GrantError, match="another proposal"):
            tool("to anybody", 900, grant=grant)
    assert Bank.of_all(900, grant=grant) == "Bank paid 900"


class Order:
    """An object of the program's own."""

    def __init__(self, total: int) -> None:
        self.total = total


def test_an_object_is_taken_only_beside_the_proposal_that_was_compared(
    operation: Operation, approved: Approved
) -> None:
    order = Order(900)
    gate = meddling(operation, lambda: setattr(order, "total", 90_000))
    makes = {"action": "refund", "proposal": lambda order: {"refund": order.total}}

    @guarded(gate, **makes)
    def blind(order: Order) -> None:
        pytest.fail("it ran")

    @guarded(gate, **makes)
    def refund(order: Order, *, proposal: Any) -> Any:
        return proposal

    grant = approved({"refund": 900}).grant
    with pytest.raises(GrantError, match="a Order that is no plain value"):
        blind(order, grant=grant)
    with pytest.raises(TypeError, match="given its proposal by its guard"):
        refund(order, proposal={"refund": 1}, grant=grant)
    assert list(inspect.signature(refund).parameters) == ["order", "grant"]
    assert refund(order, grant=grant) == {"refund": 900}
    assert order.total == 90_000


def test_what_makes_the_proposal_takes_nothing_from_the_function(
    operation: Operation, approved: Approved
) -> None:
    @guarded(
        gate_of(operation), action="refund", proposal=lambda amounts: {"refund": amounts.pop()}
    )
    def refund(amounts: list[int]) -> Any:
        return amounts

    assert refund([900], grant=approved({"refund": 900}).grant) == [900]
