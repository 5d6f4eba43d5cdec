"""The address before every link: as set, else as the last server told, whatever the store does."""

from __future__ import annotations

from pathlib import Path

import pytest

from handraise.errors import StoreUnavailableError
from handraise.service.telling.address import Address
from handraise.service.wiring import Operation, assemble
from handraise.settings import Settings
from tests.support.operation import TABLE

OWN = "http://127.0.0.1:8765"
SERVER = "http://127.0.0.1:8791"


class Told:
    """What a server told: an address, nothing, or a store that is away; counts who asks."""

    def __init__(self, *answers: str | None) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self) -> str | None:
        self.asked += 1
        found = self.answers.pop(0)
        if found == "away":
            raise StoreUnavailableError("the database is locked")
        return found


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "handraise.yaml"
    path.write_text(TABLE, encoding="utf-8")
    return path


def _opened(table: Path, **settings: str) -> Operation:
    return assemble([table], Settings.from_environment({}, console=True, **settings))


def test_links_lead_to_the_server_that_runs_on_the_store(table: Path) -> None:
    server, agent = _opened(table, base_url=SERVER), _opened(table)
    server.tell_address()
    server.close()
    agent.close()

    later = _opened(table)
    later.roster.tick()
    bodies = [one.body for one in later.store.messages()]
    link = later.door.link("priya")
    later.close()

    assert bodies
    assert all(f"{SERVER}/verify/" in body and OWN not in body for body in bodies)
    assert link.startswith(f"{SERVER}/enter/")


def test_what_was_set_wins_over_what_a_server_told(table: Path) -> None:
    server = _opened(table, base_url=SERVER)
    server.tell_address()
    other = _opened(table, base_url="https://handraise.example.com")
    assert other.address.url == "https://handraise.example.com"
    other.close()
    server.close()


def test_a_server_keeps_its_own_address_whatever_another_told(table: Path) -> None:
    before, server = _opened(table, base_url=SERVER), _opened(table)
    before.tell_address()
    server.tell_address()
    assert server.address.url == OWN
    assert server.store.told_address() == OWN
    before.close()
    server.close()


def test_a_server_that_starts_later_is_taken_up() -> None:
    found = Address(OWN, Told(None, SERVER), every_s=0)
    assert found.url == SERVER


def test_it_is_not_looked_up_for_every_message() -> None:
    told = Told(SERVER)
    found = Address(OWN, told)
    assert [found.url for _ in range(3)] == [SERVER] * 3
    assert told.asked == 1


def test_a_store_that_is_away_keeps_what_was_known() -> None:
    found = Address(OWN, Told("away", SERVER, "away"), every_s=0)
    assert [found.url, found.url] == [SERVER, SERVER]


def test_whoever_writes_while_another_looks_goes_on() -> None:
    """They may hold the very connection that the one who looks waits for."""
    meanwhile: list[str] = []

    def told() -> str:
        if looking:
            meanwhile.append(found.url)
        return SERVER

    looking = False
    found = Address(OWN, told, every_s=0)
    looking = True
    assert found.url == SERVER
    assert meanwhile == [SERVER]
