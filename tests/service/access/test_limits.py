"""Limits: what counts as one address, what is kept of it, and when a window begins anew."""

from datetime import timedelta

import pytest

from handraise.clock import ManualClock
from handraise.errors import TooManyError
from handraise.service.access.limits import KEPT, LIMITS, Limits, _network
from handraise.service.wiring import Operation


@pytest.fixture
def limits(operation: Operation) -> Limits:
    return operation.limits


def test_an_address_is_what_a_household_has() -> None:
    assert _network("192.0.2.7") == "192.0.2.7"
    assert _network("::ffff:192.0.2.7") == "192.0.2.7"
    assert _network("2001:db8:1:2:3::4") == _network("2001:db8:1:2::") != _network("2001:db8::1")
    assert _network("fe80::1%eth0") == _network("fe80::2")
    assert _network("testclient") == "testclient"


def test_a_full_window_says_how_long_to_wait(limits: Limits, clock: ManualClock) -> None:
    def attempt(address: str = "192.0.2.7") -> int:
        try:
            limits.check("wall", address)
        except TooManyError as error:
            return error.retry_after_s
        return 0

    most = LIMITS["wall"].address
    assert [attempt() for _ in range(most)] == [0] * most
    wait = attempt()
    assert 1 <= wait <= 600
    assert attempt("192.0.2.8") == 0
    clock.advance(seconds=wait)
    assert attempt() == 0


def test_of_addresses_and_names_only_hashes_are_kept(limits: Limits, operation: Operation) -> None:
    limits.check("link", "192.0.2.7", "dana@example.com")
    with operation.store.read() as connection:
        rows = connection.exec_driver_sql("SELECT bucket FROM attempts").all()
    assert len(rows) == 3
    assert all(len(row[0]) == 64 for row in rows)
    assert len({row[0] for row in rows}) == 3


def test_old_windows_are_swept(limits: Limits, clock: ManualClock) -> None:
    limits.check("wall", "192.0.2.7")
    assert limits.sweep() == 0
    clock.advance(seconds=(KEPT + timedelta(minutes=11)).total_seconds())
    assert limits.sweep() == 2


def test_many_who_try_keep_nobody_elsewhere_out(limits: Limits, operation: Operation) -> None:
    for kind in ("passkey", "openid"):
        assert LIMITS[kind].all == 0, "what all tried together is not counted"  # type: ignore[index]
        limits.check(kind, "192.0.2.7")  # type: ignore[arg-type]
    with operation.store.read() as connection:
        rows = connection.exec_driver_sql("SELECT bucket FROM attempts").all()
    assert len(rows) == 2, "one for each address, and nothing besides"


def test_a_thing_is_shown_first_once(limits: Limits, clock: ManualClock) -> None:
    made_at = clock.now()
    assert limits.is_first("x", made_at)
    clock.advance(minutes=9)
    assert not limits.is_first("x", made_at)
    assert limits.is_first("y", made_at)
