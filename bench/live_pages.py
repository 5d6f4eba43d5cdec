"""Five hundred people with a live page open at once on one process: memory, and how soon they hear.

The server is a process of its own with real sockets on loopback; the pages are one asynchronous
client. Escalations are committed by a second operation on the same store, as by an agent elsewhere.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import shutil
import threading
import time
from collections.abc import Sequence
from itertools import cycle
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

import uvicorn

from bench.crowd import BASE_URL, SECRET, Silent
from bench.pages_store import AGENTS, EACH, ROUTES
from bench.report import Figures, duration
from bench.scratch import scratch_folder
from handraise.clock import SystemClock
from handraise.demo.requests import familiar
from handraise.service.wiring import Operation, assemble
from handraise.settings import Settings
from handraise.web.app import create_app
from handraise.web.watcher import LOOK_EVERY_S

PEOPLE = AGENTS * ROUTES * EACH
ASKED = 100
"""So many escalations, one after the other."""

LATEST_S = 30.0
KNOWN = familiar()[0].type
FAMILIES = 2
"""Of the rows of a table, so many are met in turn: they lead to two of its routes."""


class Page:
    """One open live page: counts what it is told."""

    def __init__(self, person: str) -> None:
        """Nothing is told yet."""
        self.person = person
        self.told = 0
        self.heard_at = 0.0
        self.joined = asyncio.Event()
        self.news = asyncio.Event()

    async def read(self, port: int, cookie: str) -> None:
        """Read the stream until the other side ends it."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = ("GET /inbox/live HTTP/1.1", "Host: localhost:8080", f"Cookie: handraise={cookie}")
        writer.write("\r\n".join((*head, "", "")).encode())
        try:
            while line := await reader.readline():
                if line.startswith(b"event: inbox"):
                    self.heard_at = time.perf_counter()
                    self.told += 1
                    self.news.set()
                elif line.startswith(b"event: joined"):
                    self.joined.set()
        finally:
            writer.close()


class Seen:
    """What was measured."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.memory: list[int] = []
        self.processor_s: list[float] = []
        self.delays_s: list[float] = []
        self.concerned: set[str] = set()
        self.others = 0
        self.took_s = 0.0


def figures(few: tuple[list[Path], Path]) -> Figures:
    """Return what five hundred open pages cost, and how late their people hear.

    Args:
        few: the tables and the store to serve a copy of.
    """
    with scratch_folder() as folder:
        database = folder / few[1].name
        shutil.copyfile(few[1], database)
        seen = _measured(few[0], database)
    before, after = seen.memory
    return Figures(
        title="Live pages",
        about=f"""\
{PEOPLE} people with the inbox open at once, on one process; {ASKED} escalations by another process,
one after the other. Delay: from the commit to the event at the holder's page, over a socket on
loopback. The server looks for news four times a second, and tells a page once a second at most.""",
        head=("what", "figure"),
        rows=(
            ("open pages", f"{PEOPLE}"),
            ("memory of the server before, and with all pages open", _megabytes(before, after)),
            ("of one page", f"{(after - before) / PEOPLE / 1024:.0f} KiB"),
            ("delay, median", duration(median(seen.delays_s))),
            ("delay, worst", duration(max(seen.delays_s))),
            ("people who held one of them", f"{len(seen.concerned - {'priya'})}"),
            ("events at the pages of all the others", f"{seen.others}"),
            (
                f"processor time of the server in these {seen.took_s:.0f} s",
                duration(seen.processor_s[1] - seen.processor_s[0]),
            ),
        ),
    )


def _megabytes(before: int, after: int) -> str:
    return f"{before / 1e6:.0f} MB, {after / 1e6:.0f} MB"


def _measured(tables: Sequence[Path], database: Path) -> Seen:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=serve, args=(list(tables), database, theirs))
    server.start()
    operation = _operation(tables, database)
    try:
        port = ours.recv()
        return asyncio.run(_watched(operation, port, ours))
    finally:
        ours.send("stop")
        server.join()
        operation.close()


def serve(tables: Sequence[Path], database: Path, ours: Connection) -> None:
    """Serve pages until told to stop, and say what they cost whenever asked."""
    operation = _operation(tables, database)
    app = create_app(operation)
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, backlog=PEOPLE * 2)
    config.timeout_graceful_shutdown = 5
    server = uvicorn.Server(config)
    socket = config.bind_socket()
    socket.listen(PEOPLE * 2)  # so that whoever comes before the server has begun waits for it

    def answer() -> None:
        ours.send(socket.getsockname()[1])
        while ours.recv() == "cost":
            ours.send((_resident(), time.process_time()))
        server.should_exit = True

    threading.Thread(target=answer, daemon=True).start()
    try:
        server.run(sockets=[socket])
    finally:
        operation.close()


def _operation(tables: Sequence[Path], database: Path) -> Operation:
    settings = Settings(secret=SECRET, store_url=f"sqlite:///{database}", base_url=BASE_URL)
    return assemble(list(tables), settings, clock=SystemClock(), sender=Silent())


def _resident() -> int:
    """Return the bytes of memory that this process has."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


async def _watched(operation: Operation, port: int, server: Connection) -> Seen:
    seen = Seen()
    pages = {f"p{place:03}": Page(f"p{place:03}") for place in range(PEOPLE)}
    tasks = [await _opened(operation, Page("priya"), port)]
    _cost(server, seen)
    tasks += [await _opened(operation, page, port) for page in pages.values()]
    _cost(server, seen)
    seen.processor_s.pop(0)
    begun = time.perf_counter()
    agents = cycle(f"agent-{place}" for place in range(AGENTS))
    draw = random.Random(5)
    for number in range(ASKED):
        # Whoever asks right after an answer would always come just after the server has looked.
        await asyncio.sleep(draw.uniform(0, 2 * LOOK_EVERY_S))
        await _ask(operation, next(agents), number, pages, seen)
    seen.took_s = time.perf_counter() - begun
    _cost(server, seen)
    seen.memory = seen.memory[:2]
    seen.others = sum(page.told for page in pages.values() if page.person not in seen.concerned)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return seen


async def _opened(operation: Operation, page: Page, port: int) -> asyncio.Task[None]:
    cookie = operation.door.sessions.begin(page.person, way="link", device="")
    assert cookie is not None
    task = asyncio.create_task(page.read(port, cookie))
    await asyncio.wait_for(page.joined.wait(), LATEST_S)
    return task


def _cost(server: Connection, seen: Seen) -> None:
    server.send("cost")
    memory, processor_s = server.recv()
    seen.memory.append(memory)
    seen.processor_s.append(processor_s)


async def _ask(
    operation: Operation, agent: str, number: int, pages: dict[str, Page], seen: Seen
) -> None:
    """Let a decision stop, and wait until the page of who holds it first was told."""
    for one in pages.values():
        one.news.clear()
    unsure = number // AGENTS % FAMILIES
    gate = operation.gates[agent]
    verdict = await asyncio.to_thread(
        gate.decide,
        type=KNOWN,
        action="send_reply",
        confidence=0.4 if unsure else 0.9,
        facts={"revenue_usd": 40 if unsure else 9_000},
        case=f"live-{number}",
    )
    committed = time.perf_counter()
    assert verdict.escalation_id is not None
    found = operation.store.escalation(verdict.escalation_id)
    assert found is not None
    seen.concerned.update(ask.holder for ask in found.asks)
    page = pages[found.asks[0].holder]
    await asyncio.wait_for(page.news.wait(), LATEST_S)
    seen.delays_s.append(max(0.0, page.heard_at - committed))
