"""What is told of a crash: where it happened and its words, masked, whatever the exception is."""

import asyncio
from collections.abc import Iterator

import pytest

import handraise
from handraise.errors import HumanNeeded
from handraise.model import Decision, Verdict
from handraise.service.deciding.crashes import MAX_TEXT, crash_told, is_crash
from handraise.service.deciding.gate import EmbeddedGate
from handraise.service.deciding.remote import RemoteGate
from handraise.service.wiring import Operation
from tests.service.deciding.test_faces import face

__all__ = ["face"]

Gate = EmbeddedGate | RemoteGate
FILE = "test_crashes.py"


class EvilError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words for you")


class SenselessError(Exception):
    def __str__(self) -> str:
        return 7  # type: ignore[return-value]


class Named(type):
    @property
    def __name__(cls) -> str:  # type: ignore[override]
        raise ValueError("no name either")


class NamelessError(Exception, metaclass=Named):
    pass


def raised(error: BaseException) -> BaseException:
    def inner() -> None:
        raise error

    try:
        inner()
    except BaseException as caught:  # noqa: BLE001 - any kind is what is tested
        return caught
    raise AssertionError


def stopped() -> HumanNeeded:
    return HumanNeeded(Verdict(Decision(), (), ()))


def test_it_says_where_and_what_without_paths_or_customers_numbers() -> None:
    told = crash_told(raised(ValueError("card 4111 1111 1111 1111 of dana@example.com")))
    lines = told.splitlines()
    assert lines[0].startswith("ValueError in raised.<locals>.inner (test_crashes.py:")
    assert lines[-1] == "ValueError: card [number] of [mail]"
    assert lines[-2].startswith("  in raised.<locals>.inner (test_crashes.py:")
    assert "/" not in told


def test_the_first_line_has_no_words_of_the_exception() -> None:
    assert "Gray" not in crash_told(raised(ValueError("Mrs. Gray"))).splitlines()[0]


def test_what_led_to_it_is_told_first() -> None:
    def fail() -> None:
        try:
            raise KeyError("customer")
        except KeyError as error:
            raise RuntimeError("no refund") from error

    with pytest.raises(RuntimeError) as caught:
        fail()
    told = crash_told(caught.value)
    assert told.index("KeyError: 'customer'") < told.index("which led to:")
    assert told.endswith("RuntimeError: no refund")


def test_a_cause_that_is_hidden_stays_hidden_and_a_circle_of_causes_ends() -> None:
    def fail() -> None:
        try:
            raise KeyError("customer")
        except KeyError:
            raise RuntimeError("no refund") from None

    with pytest.raises(RuntimeError) as caught:
        fail()
    assert "KeyError" not in crash_told(caught.value)

    one, two = ValueError("one"), ValueError("two")
    one.__context__, two.__context__ = two, one
    assert crash_told(one).count("which led to:") == 1


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (KeyboardInterrupt(), "interrupted from outside"),
        (SystemExit(0), "the agent's own code ended it"),
        (GeneratorExit(), "closed before the work was done"),
        (asyncio.CancelledError(), "cancelled before the work was done"),
    ],
)
def test_what_is_no_error_and_left_the_work_undone_is_told_as_that(
    error: BaseException, words: str
) -> None:
    assert words in crash_told(raised(error))
    assert is_crash(error)


def test_a_group_is_told_with_the_first_of_its_exceptions() -> None:
    inner = ExceptionGroup("inner", [raised(ValueError("b")), raised(ValueError("c"))])
    group = raised(ExceptionGroup("outer", [raised(KeyError("a")), inner, raised(OSError("d"))]))
    told = crash_told(group)
    for words in (
        "1 of 4 in the group:",
        "KeyError: 'a'",
        "ValueError: c",
        "ExceptionGroup: outer",
    ):
        assert words in told
    assert "OSError: d" not in told


def test_a_stop_for_a_person_is_no_crash_alone_or_in_a_group() -> None:
    assert not is_crash(stopped())
    assert not is_crash(BaseExceptionGroup("", [stopped(), BaseExceptionGroup("", [stopped()])]))
    assert is_crash(BaseExceptionGroup("", [stopped(), ValueError()]))


@pytest.mark.parametrize(
    "error", [EvilError(), SenselessError(), NamelessError(), ValueError("\udc80\0" * 9)]
)
def test_an_exception_that_cannot_be_read_is_still_told(error: BaseException) -> None:
    assert FILE in crash_told(raised(error))


def test_it_is_bounded_whatever_is_raised() -> None:
    def deep(left: int) -> None:
        if left:
            deep(left - 1)
        raise ValueError("x " * 10**6)

    with pytest.raises(ValueError) as caught:  # noqa: PT011 - its words are what is tested
        deep(500)
    told = crash_told(caught.value)
    assert len(told) <= MAX_TEXT
    many = ExceptionGroup("g" * 10**5, [caught.value] * 500)
    assert len(crash_told(raised(many))) <= MAX_TEXT


def test_running_out_of_stack_is_told() -> None:
    def recurse() -> None:
        recurse()

    with pytest.raises(RecursionError) as caught:
        recurse()
    assert "RecursionError" in crash_told(caught.value)


def told_of(operation: Operation) -> tuple[str, str]:
    """Return what the newest escalation shows of a crash: its reason and its context."""
    found = operation.store.escalations(agent="support-agent", limit=1)[0]
    return found.reasons[0].observed, found.decision.context["error"]


def test_a_crash_becomes_an_escalation_with_its_last_lines(
    face: Gate, operation: Operation
) -> None:
    with pytest.raises(ZeroDivisionError), face.work("ticket-1"):
        raise ZeroDivisionError("Mrs. Gray's card 4111111111111111")
    observed, context = told_of(operation)
    assert observed.startswith("ZeroDivisionError in test_a_crash_becomes")
    assert context.splitlines()[-1] == "ZeroDivisionError: Mrs. Gray's card [number]"


def test_an_asynchronous_crash_and_a_cancelled_task_are_told_too(
    face: Gate, operation: Operation
) -> None:
    async def crash(error: BaseException) -> None:
        async with handraise.AsyncGate(face).work("ticket-1"):
            raise error

    with pytest.raises(ValueError, match="late"):
        asyncio.run(crash(ValueError("late")))
    assert told_of(operation)[1].endswith("ValueError: late")

    async def cancelled() -> None:
        async def long() -> None:
            async with handraise.AsyncGate(face).work("ticket-2"):
                begun.set()
                await asyncio.Event().wait()

        begun = asyncio.Event()
        task = asyncio.create_task(long())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert "The task was cancelled before the work was done." in told_of(operation)[1]


def test_a_generator_that_is_closed_in_the_middle_is_told(face: Gate, operation: Operation) -> None:
    def steps() -> Iterator[int]:
        with face.work("ticket-3"):
            yield 1
            yield 2

    running = steps()
    next(running)
    running.close()  # type: ignore[attr-defined]
    assert "closed before the work was done" in told_of(operation)[1]


def test_what_an_agent_sends_itself_is_masked_too(operation: Operation) -> None:
    gate = operation.gates["support-agent"]
    work = gate.start_work()
    gate.failed(work.id, "no user dana@example.com\npassword=hunter2 " + "x" * 9_000)
    observed, context = told_of(operation)
    assert observed == "no user [mail]"
    assert "hunter2" not in context
    assert len(context) <= 2_000
