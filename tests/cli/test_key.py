"""`key rotate`: a fresh secret first, the older ones kept."""

import stat
from pathlib import Path

import pytest

from handraise.service.secrets import Signer
from tests.cli.running import Runner, put_live


def test_a_fresh_key_signs_and_the_older_ones_verify(command: Runner, mission: Path) -> None:
    put_live(mission)
    place = Path("handraise.secret")
    before = Signer(place.read_text())
    ran = command("key", "rotate")
    after = Signer(place.read_text())
    assert ran.code == 0
    assert ran.out == f"{after.kid} signs from now on; 1 older still verify\n"
    assert after.kid != before.kid
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert command("ready", "--show").code == 0
    ran = command("key", "rotate", "--json")
    assert ran.json["older"] == [after.kid, before.kid]
    assert place.read_text() not in ran.out


def test_where_there_is_none_nothing_is_made(command: Runner, mission: Path) -> None:
    ran = command("key", "rotate")
    assert (ran.code, "there is no secret yet" in ran.err) == (1, True)
    assert not Path("handraise.secret").exists()


def test_a_secret_of_the_environment_is_rotated_there(
    command: Runner, mission: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDRAISE_SECRET", "x" * 40)
    ran = command("key", "rotate")
    assert (ran.code, "HANDRAISE_SECRET" in ran.err, "x" * 40 in ran.err) == (2, True, False)
