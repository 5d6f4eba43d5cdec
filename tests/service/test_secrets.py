"""The operation's secret: kept well, and nothing without it is ever taken for ours."""

import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handraise.errors import SettingsError
from handraise.service.access.door import SEALED
from handraise.service.secrets import (
    Signer,
    fresh_secret,
    read_or_make,
    rotate,
    secret_hash,
    secrets_in,
)
from handraise.service.wiring import Operation

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


ONE, TWO = "1" * 40, "2" * 40


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ()),
        (f"{ONE}\n{TWO}\n", (ONE, TWO)),
        (f"  {ONE}\r\n\n{TWO}", (ONE, TWO)),
        (f"{ONE} {TWO}", (ONE, TWO)),
        (f"{ONE}\n{ONE}", (ONE,)),
        ("one secret of several short words", ("one secret of several short words",)),
        (f"{ONE} short", (f"{ONE} short",)),
    ],
    ids=["none", "lines", "odd ends", "words", "twice", "a phrase", "a long and a short word"],
)
def test_several_secrets_stand_one_a_line_or_word(text: str, found: tuple[str, ...]) -> None:
    assert secrets_in(text) == found


def test_the_first_secret_signs_and_the_others_only_verify() -> None:
    old, both = Signer(ONE), Signer(f"{TWO}\n{ONE}")
    assert both.kid == Signer(TWO).kid != old.kid
    assert both.verified(old.sign({"a": 1})) == {"a": 1}
    assert old.verified(both.sign({"a": 1})) is None
    assert both.token_ok(old.token("x"), "x")
    assert not old.token_ok(both.token("x"), "x")
    assert both.tokens("x") == (Signer(TWO).token("x"), old.token("x"))
    assert [key["kid"] for key in both.jwks()["keys"]] == [both.kid, old.kid]
    assert all(set(key) == {"kty", "crv", "x", "kid", "use", "alg"} for key in both.jwks()["keys"])


def test_lots_have_a_key_of_their_own_for_each_secret() -> None:
    old, both = Signer(ONE), Signer(f"{TWO}\n{ONE}")
    assert both.lots_key() == Signer(TWO).lots_key() != old.lots_key()
    assert both.lots_keys() == (both.lots_key(), old.lots_key())
    others = {one.encode() for one in both.tokens()} | {str(both.jwks()).encode()}
    assert not any(both.lots_key() in other for other in others)
    assert len(both.lots_key()) == 32


def test_push_services_know_each_secret_by_a_key_of_its_own() -> None:
    one, other = "o" * 32, "p" * 32

    def number(signer: Signer, kid: str = "") -> int:
        key = signer.push_key(kid)
        assert key is not None
        return key.private_numbers().private_value

    both, first = Signer(f"{one}\n{other}"), Signer(one)
    assert number(both) == number(first) == number(both, first.kid)
    assert number(both, Signer(other).kid) == number(Signer(other)) != number(both)
    assert first.push_key(Signer(other).kid) is None


def test_one_short_secret_among_several_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="shorter"):
        Signer(f"{ONE}\nshort")
    path = tmp_path / "handraise.secret"
    path.write_text(f"{ONE}\nshort\n")
    with pytest.raises(SettingsError, match="shorter"):
        read_or_make(path)


def test_rotating_puts_a_fresh_one_first_and_keeps_the_file_to_itself(tmp_path: Path) -> None:
    path = tmp_path / "handraise.secret"
    before = Signer(read_or_make(path))
    fresh = rotate(path)
    assert Signer(path.read_text()).kid == fresh.kid != before.kid
    assert fresh.verified(before.sign({"a": 1})) == {"a": 1}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["handraise.secret"]
    assert len(rotate(path).jwks()["keys"]) == 3


def test_rotating_keeps_the_rights_of_the_group_and_takes_those_of_others(tmp_path: Path) -> None:
    path = tmp_path / "handraise.secret"
    path.write_text(ONE)
    path.chmod(0o644)
    link = tmp_path / "link"
    link.symlink_to(path)
    rotate(link)
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert path.read_text().endswith(f"\n{ONE}\n")


def test_who_rotates_at_once_loses_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "handraise.secret"
    first = Signer(read_or_make(path)).kid

    def turn(_: int) -> str | None:
        try:
            return rotate(path).kid
        except SettingsError as error:
            assert "by somebody else" in error.message  # noqa: PT017 - one of several ends
            return None

    with ThreadPoolExecutor(4) as pool:
        made = [kid for kid in pool.map(turn, range(12)) if kid is not None]
    kept = [key["kid"] for key in Signer(path.read_text()).jwks()["keys"]]
    assert made
    assert set(kept) == {first, *made}


def test_what_cannot_be_rotated_stays(tmp_path: Path) -> None:
    path = tmp_path / "handraise.secret"
    with pytest.raises(SettingsError):
        rotate(path)
    path.write_text("short")
    with pytest.raises(SettingsError, match="shorter"):
        rotate(path)
    path.write_text(ONE)
    (tmp_path / ".handraise.secret.rotating").touch()
    with pytest.raises(SettingsError, match=r"remove .*rotating"):
        rotate(path)
    assert path.read_text() == ONE


def test_a_running_process_takes_up_what_was_rotated(tmp_path: Path) -> None:
    path = tmp_path / "handraise.secret"
    signers = [Signer(read_or_make(path), path) for _ in range(2)]
    before = signers[0].sign({"a": 1})
    token = signers[0].token("x")
    kid = rotate(path).kid
    other = Signer(path.read_text())
    for signer in signers:  # at once, where something comes that the new key has signed
        assert signer.verified(other.sign({"b": 2})) == {"b": 2}
        assert signer.kid == kid
        assert signer.verified(before) == {"a": 1}
        assert signer.token_ok(token, "x")
    third = Signer(ONE, path)
    assert third.kid == kid
    rotate(path)
    assert third.token_ok(Signer(path.read_text()).token("x"), "x")


def test_a_secret_that_was_taken_out_verifies_no_longer(tmp_path: Path) -> None:
    path = tmp_path / "handraise.secret"
    path.write_text(f"{ONE}\n{TWO}\n")
    signer = Signer(path.read_text(), path)
    path.write_text(f"{ONE}\n")
    assert signer.find("unknown") is None
    assert signer.verified(Signer(TWO).sign({"a": 1})) is None


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 40, None])
def test_a_file_that_cannot_be_read_again_leaves_the_keys(
    content: bytes | None, tmp_path: Path
) -> None:
    path = tmp_path / "handraise.secret"
    path.write_text(ONE)
    signer = Signer(path.read_text(), path)
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    os.utime(tmp_path)
    assert signer.find("unknown") is None
    assert signer.kid == Signer(ONE).kid


def test_a_link_that_waits_is_good_after_a_rotation(operation: Operation) -> None:
    signer = operation.signer
    operation.door.request_link("dana")
    (message,) = operation.store.messages(state="pending")
    assert SEALED in message.body
    signer._held = Signer(f"{TWO}\na secret that is long enough for an operation")._held
    link = next(word for word in operation.door.unsealed(message).body.split() if "/enter/" in word)
    assert operation.door.enter(link.rpartition("/")[2])[1] == "dana"
