"""Whose request is a visit: a page opened or a form sent, not a page that looks by itself."""

import anyio
import pytest

from handraise.demo.server import Visits


@pytest.mark.parametrize(
    ("method", "headers", "is_visit"),
    [
        ("GET", [], True),
        ("GET", [(b"sec-fetch-dest", b"document")], True),
        ("GET", [(b"sec-fetch-dest", b"empty")], False),
        ("GET", [(b"sec-fetch-dest", b"empty"), (b"hx-request", b"true")], True),
        ("POST", [(b"sec-fetch-dest", b"empty")], True),
    ],
)
def test_a_visit_is_noted(method: str, headers: list[tuple[bytes, bytes]], is_visit: bool) -> None:
    visits = Visits()
    reached: list[str] = []

    async def app(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        reached.append(scope["type"])

    watched = visits.watching(app)
    anyio.run(watched, {"type": "lifespan"}, None, None)
    assert visits.last is None
    anyio.run(watched, {"type": "http", "method": method, "headers": headers}, None, None)
    assert (visits.last is not None) is is_visit
    assert reached == ["lifespan", "http"]
    visits.forget()
    assert visits.last is None
