"""What went wrong: the status of every error of the tree, as JSON to programs and as a page to people."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from starlette.requests import Request

from handraise import errors
from handraise.errors import HTTP_STATUS, Error, StoreUnavailableError, TableError
from handraise.web.problems import on_error
from tests.web.support import Desk


def _error(kind: type[Error]) -> Error:
    return TableError([]) if kind is TableError else kind('no such "thing"', "look again")


def _request(path: str) -> Request:
    return Request(
        {"type": "http", "path": path, "headers": [], "query_string": b"", "server": ("x", 1)}
    )


@pytest.mark.parametrize("kind", HTTP_STATUS, ids=lambda kind: kind.__name__)
def test_every_error_has_its_status_for_programs(kind: type[Error]) -> None:
    answer = on_error(_request("/api/v1/table"), _error(kind))
    assert answer.status_code == HTTP_STATUS[kind]
    assert answer.media_type == "application/problem+json"
    assert f'"status":{HTTP_STATUS[kind]}'.encode() in answer.body
    assert f'"type":"urn:handraise:problem:{kind.code}"'.encode() in answer.body


@pytest.mark.parametrize("kind", HTTP_STATUS, ids=lambda kind: kind.__name__)
def test_every_error_is_a_page_for_people(kind: type[Error]) -> None:
    answer = on_error(_request("/escalations/7"), _error(kind))
    assert answer.status_code == HTTP_STATUS[kind]
    assert b"<h1>" in answer.body


def test_an_error_without_a_status_of_its_own_takes_its_parents() -> None:
    class NewError(errors.NotFoundError):
        """A new kind."""

    assert on_error(_request("/api/"), NewError("none")).status_code == 404


def test_a_store_that_cannot_be_reached_asks_to_try_again() -> None:
    assert on_error(_request("/"), StoreUnavailableError("locked")).headers["Retry-After"] == "2"


def test_what_is_wrong_inside_is_not_told() -> None:
    answer = on_error(_request("/api/"), errors.StoreError("UNIQUE constraint failed: secrets.x"))
    assert b"UNIQUE" not in answer.body


def test_there_is_a_page_for_what_is_not_there(desk: Desk) -> None:
    answer = desk.client.get("/nothing")
    assert (answer.status_code, "There is nothing here" in answer.text) == (404, True)
    answer = desk.client.get("/api/v1/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_wrong_method_is_told_the_right_ones(desk: Desk) -> None:
    answer = desk.client.delete("/api/v1/decisions")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_a_store_that_cannot_be_read_is_a_503(desk: Desk, tmp_path: Path) -> None:
    headers = desk.key()
    with closing(sqlite3.connect(tmp_path / "handraise.db")) as database:
        database.execute("ALTER TABLE escalations RENAME TO gone")
        database.execute("ALTER TABLE heartbeats RENAME TO gone_too")
    answer = desk.client.get("/api/v1/escalations", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (503, "schema")
    ready = desk.client.get("/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (503, "not_ready")
