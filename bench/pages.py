"""What the pages take with a thousand and with a million escalations, and their size.

Each page is asked for through the whole application, as a signed-in person's browser does, but past
the network. The stores are made once, and kept in the folder that `HANDRAISE_BENCH_STORES` names:
the large one takes ten minutes and six gigabytes.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from bench import live_pages
from bench.crowd import opened
from bench.measure import Contestant, Ratio, middle, ratio, take_turns
from bench.pages_store import built
from bench.report import Figures, duration
from bench.scratch import BUILD
from handraise.service.wiring import Operation
from handraise.web.app import create_app

FEW, MANY = 1_000, 1_000_000
ROUNDS = 9
LIMIT = 5.0
STORES = "HANDRAISE_BENCH_STORES"

OWNER, HOLDER = "priya", "p000"
"""Who reads everything, and who is on one route."""

SITUATIONS = "/situations"

PAGES = (
    ("inbox: mine", HOLDER, "/"),
    ("inbox: my routes", HOLDER, "/?scope=routes"),
    ("inbox: all", OWNER, "/?scope=all"),
    ("inbox: all, the list alone", OWNER, "/inbox/list?scope=all"),
    ("inbox: mine, answered", HOLDER, "/?state=ended"),
    ("inbox: my routes, answered", HOLDER, "/?scope=routes&state=ended"),
    ("inbox: all, answered", OWNER, "/?scope=all&state=ended"),
    ("inbox: all, drills", OWNER, "/?scope=all&state=practice"),
    ("inbox: all, by agent and route", OWNER, "/?scope=all&agent=agent-1&route=route_2"),
    ("inbox: all, by condition and tag", OWNER, "/?scope=all&condition=novelty&tag=vip"),
    ("inbox: all, overdue", OWNER, "/?scope=all&overdue=1"),
    ("the badge of other pages", OWNER, "/inbox/badge"),
    ("search: a word of many", OWNER, "/?q=card"),
    ("search: two words, the last begun", OWNER, "/?q=refund+pa"),
    ("search: one case", OWNER, "/?q=ticket+777"),
    ("search: as somebody on one route", HOLDER, "/?q=card"),
    ("an open escalation", OWNER, "{open}"),
    ("an answered escalation", OWNER, "{ended}"),
    ("watch", OWNER, "/watch"),
    ("figures", OWNER, "/figures"),
    ("thresholds", OWNER, "/thresholds"),
    ("audits", OWNER, "/audits"),
    ("situations, each time with a new one", OWNER, SITUATIONS),
    ("table", OWNER, "/table/agent-0"),
    ("versions", OWNER, "/versions"),
    ("going live", OWNER, "/going-live"),
    ("people", OWNER, "/people"),
    ("people: on one route", OWNER, "/people?q=route_3"),
    ("people: one of them", OWNER, "/people/p000"),
    ("drills", OWNER, "/drills"),
    ("system", OWNER, "/system"),
    ("me", HOLDER, "/me"),
)


class Page(Struct, frozen=True):
    """What came back: the status, and the body."""

    status: int
    body: bytes


def folder() -> Path:
    """Return where the stores are kept."""
    return Path(os.environ.get(STORES) or BUILD / "pages")


def run() -> Iterator[Figures]:
    """Yield what the pages take, and what five hundred live ones do."""
    with ExitStack() as stack:
        reads, happens = {}, {}
        for number in (FEW, MANY):
            operation = stack.enter_context(opened(*built(folder(), number)))
            reads[number] = _reader(operation)
            happens[number] = partial(something_happens, operation)
        rows = [
            _row(name, person, path, reads, happens if path == SITUATIONS else {})
            for name, person, path in PAGES
        ]
    yield Figures(
        title="Pages",
        about=f"""\
{FEW:,} escalations, 200 of them open, and {MANY:,}, 20,000 of them open; five agents, five hundred
people on fifty routes. SQLite. Each page through the whole application, signed in; processor time,
the median of {ROUNDS} rounds in which the two stores take turns; at most {LIMIT:g} times as much.
Bytes of HTML, not compressed.""",
        head=("page", f"{FEW:,}", f"{MANY:,}", "ratio (least to most)", "holds", "bytes"),
        rows=tuple(rows),
        notes="A list of one's own is short where there is little: of one line, then of fifty.",
    )
    yield live_pages.figures(built(folder(), FEW))


Read = Callable[[str, str], Page]


def something_happens(operation: Operation) -> None:
    """Let an agent stop at a new situation that is then answered, and another agent at anything."""
    for agent in ("agent-0", "agent-1"):
        verdict = operation.gates[agent].decide(
            type="never seen", confidence=0.99, text=f"What is this, {time.monotonic_ns()}?"
        )
        assert verdict.escalation_id is not None
        found = operation.store.escalation(verdict.escalation_id)
        assert found is not None
        if agent == "agent-0":
            operation.desk.answer(
                found.asks[0].id, OWNER, kind="reject", digest=found.proposal_digest, reason="no"
            )
        else:
            operation.gates[agent].withdraw(found.id)


def _row(
    name: str,
    person: str,
    path: str,
    reads: dict[int, Read],
    happens: dict[int, Callable[[], None]],
) -> tuple[str, ...]:
    last = {}
    for number, read in reads.items():
        last[number] = found = read(person, path)
        if found.status != 200:
            raise SystemExit(f"{path}: status {found.status} with {number:,} escalations")
    contestants = {
        f"{number}": Contestant(run=partial(read, person, path), calls=1, after=happens.get(number))
        for number, read in reads.items()
    }
    samples = take_turns(contestants, rounds=ROUNDS)
    found_ratio = ratio(samples, f"{MANY}", f"{FEW}")
    return (
        name,
        duration(middle(samples, f"{FEW}")),
        duration(middle(samples, f"{MANY}")),
        _spread(found_ratio),
        "yes" if found_ratio.median <= LIMIT else "**no**",
        f"{len(last[MANY].body):,}",
    )


def _spread(found: Ratio) -> str:
    return f"**{found.median:.2f}** ({found.least:.2f} to {found.most:.2f})"


def _reader(operation: Operation) -> Read:
    """Return what reads a page of an operation as a person."""
    app = create_app(operation)
    loop = asyncio.new_event_loop()
    cookies = {person: session(operation, person) for person in (OWNER, HOLDER)}
    open_line = operation.inbox.lines(OWNER, scope="all", limit=1)[0]
    ended_line = operation.inbox.lines(OWNER, scope="all", state="ended", limit=1)[0]
    places = {
        "open": f"/escalations/{open_line.escalation_id}",
        "ended": f"/escalations/{ended_line.escalation_id}",
    }

    def read(person: str, path: str) -> Page:
        return loop.run_until_complete(_asked(app, path.format(**places), cookies[person]))

    return read


def session(operation: Operation, person: str) -> str:
    """Return the cookie of a session that was begun for measuring."""
    cookie = operation.door.sessions.begin(person, way="link", device="")
    assert cookie is not None
    return f"handraise={cookie}"


async def _asked(app: Any, address: str, cookie: str) -> Page:
    """Ask an application for a page, past the network."""
    parts = urlsplit(address)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": [(b"host", b"localhost:8080"), (b"cookie", cookie.encode())],
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 8080),
    }
    if parts.path.startswith("/inbox/"):
        scope["headers"] += [(b"hx-request", b"true")]  # type: ignore[operator]
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    await app(scope, receive, send)
    status = next(one["status"] for one in said if one["type"] == "http.response.start")
    return Page(status, b"".join(one.get("body", b"") for one in said))
