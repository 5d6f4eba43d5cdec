"""The operation's secret: kept well, and nothing without it is ever taken for ours."""

import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handraise.errors import SettingsError
from handraise.service.secrets import Signer, fresh_secret, read_or_make, secret_hash

SIGNER = Signer("a secret of at least 32 characters")
OTHER = Signer("another secret of at least 32 chars")


def test_the_secret_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "handraise.secret"
    made = read_or_make(path)
    assert read_or_make(path) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["handraise.secret"]


def test_processes_that_begin_at_once_get_one_secret(tmp_path: Path) -> None:
    start = threading.Barrier(8)
    found: list[str] = []

    def read() -> None:
        start.wait()
        found.append(read_or_make(tmp_path / "handraise.secret"))

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


@pytest.mark.parametrize("content", [b"", b"\n", b"short", b"\xff" * 40])
def test_a_secret_that_is_none_is_refused_with_its_file(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "handraise.secret"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=r"handraise\.secret"):
        read_or_make(path)


def test_where_no_secret_can_be_kept_the_remedy_is_said(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere" / "secret", tmp_path):
        with pytest.raises(SettingsError):
            read_or_make(path)


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(SettingsError, match="shorter"):
        Signer("short")


@given(st.dictionaries(st.text(), st.text() | st.integers(-(2**53), 2**53) | st.none()))
def test_what_is_signed_is_what_is_read(statement: dict[str, object]) -> None:
    signed = SIGNER.sign(statement)
    assert SIGNER.verified(signed) == statement
    assert Signer("a secret of at least 32 characters").verified(signed) == statement
    assert OTHER.verified(signed) is None


@given(st.text() | st.from_regex(r"[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,90}"))
def test_what_was_not_signed_is_none(text: str) -> None:
    assert SIGNER.verified(text) is None


@given(st.lists(st.text(), min_size=1, max_size=3), st.text())
def test_a_token_is_for_its_parts_only(parts: list[str], other: str) -> None:
    token = SIGNER.token(*parts)
    assert SIGNER.token_ok(token, *parts)
    assert not OTHER.token_ok(token, *parts)
    assert not SIGNER.token_ok(token, *parts, other)
    assert not SIGNER.token_ok(other, *parts)


def test_secrets_are_long_and_their_hashes_say_nothing() -> None:
    one, two = fresh_secret(), fresh_secret()
    assert one != two
    assert len(one) >= 43
    assert len(secret_hash(one)) == 64
    assert one not in secret_hash(one)
