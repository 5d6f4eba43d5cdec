"""Draws by lot: as often as the table says, found again with the key, foreseen without it by nobody."""

from __future__ import annotations

import math
from collections import Counter
from hashlib import blake2b

import pytest

from handraise.core.gate.drawing import drawn
from handraise.core.gate.evidence import severity_of
from handraise.core.table.types import Auditing
from tests.support.support_table import TABLE, table_of

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
IDS = [f"0193f2ab-1111-7222-8333-{number:012x}" for number in range(40_000)]


def auditing(one_in: int | dict[str, int] = 200, twice: float = 0.1) -> Auditing:
    given = one_in if isinstance(one_in, dict) else {"": one_in}
    return Auditing(one_in=given, to="support_supervisor", twice=twice)


def looks(of: Auditing, key: bytes = KEY, severity: str | None = None) -> list[int]:
    return [len(drawn(of, severity, key, id)) for id in IDS]


def plain(key: bytes, id: str, one_in: int, twice: float) -> int:
    """Return the looks of a decision the slow way: in whole numbers."""
    lots = blake2b(id.encode(), digest_size=16, key=key, person=b"handraise lots 1").digest()
    first, second = int.from_bytes(lots[:8], "big"), int.from_bytes(lots[8:], "big")
    if first * one_in >= 2**64:
        return 0
    return 2 if second < twice * 2**64 else 1


@pytest.mark.parametrize(("one_in", "twice"), [(1, 0.5), (2, 0.0), (3, 0.1), (200, 0.1)])
def test_as_many_are_drawn_as_the_table_says(one_in: int, twice: float):
    found = Counter(looks(auditing(one_in, twice)))
    count = len(IDS) / one_in
    for seen, share in ((found[1] + found[2], 1 / one_in), (found[2], twice / one_in)):
        margin = 4 * math.sqrt(len(IDS) * share * (1 - share))
        assert abs(seen - len(IDS) * share) <= margin
    assert count > 0


@pytest.mark.parametrize("one_in", [1, 2, 3, 7, 200, 1_000_000])
def test_a_draw_is_what_whole_numbers_say(one_in: int):
    wanted = [plain(KEY, id, one_in, 0.3) for id in IDS[:5_000]]
    assert looks(auditing(one_in, 0.3))[:5_000] == wanted


def test_the_probability_of_each_look_is_told():
    seen = {drawn(auditing(20, 0.25), None, KEY, id) for id in IDS[:5_000]}
    assert seen == {(), (0.05,), (0.05, 0.0125)}


def test_the_same_key_draws_the_same_and_another_key_draws_independently():
    first, again, other = (looks(auditing(4)), looks(auditing(4)), looks(auditing(4), OTHER_KEY))
    assert first == again
    both = sum(1 for one, two in zip(first, other, strict=True) if one and two)
    assert abs(both - len(IDS) / 16) <= 4 * math.sqrt(len(IDS) / 16)


def test_each_severity_is_drawn_as_often_as_it_says():
    by_severity = auditing({"low": 1_000_000, "high": 1}, twice=0.0)
    assert sum(looks(by_severity, severity="high")) == len(IDS)
    assert sum(looks(by_severity, severity="low")) <= 5


def test_an_action_without_a_severity_is_drawn_as_often_as_the_most():
    by_severity = auditing({"low": 1_000_000, "high": 1}, twice=0.0)
    assert sum(looks(by_severity)) == len(IDS)


def test_whoever_is_drawn_rarely_is_drawn_often_too():
    often, rarely = looks(auditing(10)), looks(auditing(100))
    assert all(one for one, other in zip(often, rarely, strict=True) if other)


@pytest.mark.parametrize(
    ("action", "severity"),
    [("refund", "high"), ("send_reply", "low"), ("invented", None), (None, None), (7, None)],
)
def test_the_severity_of_an_action_is_the_table_s(action: object, severity: str | None):
    assert severity_of(table_of(TABLE), action) == severity
