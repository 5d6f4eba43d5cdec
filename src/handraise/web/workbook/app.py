"""The pages of the workbook: read the form, keep the answers in the file, show the next page."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from msgspec import Struct, field
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handraise.core.interview.chapters import BY_ID
from handraise.core.interview.plan import called_of
from handraise.core.interview.questions import Chapter
from handraise.core.interview.taking import first_open
from handraise.core.interview.workbook import Workbook, with_item, without_item
from handraise.core.table.sheet import sheet_of
from handraise.errors import Error, InputError, NotFoundError
from handraise.service.workbooks import WorkbookFile, tried
from handraise.web.problems import LastResort, on_error, on_http_error
from handraise.web.render import page, redirect
from handraise.web.security import CSRF_FIELD, SecurityHeaders, read_form
from handraise.web.site import in_thread
from handraise.web.styles import static_routes
from handraise.web.workbook.forms import chapter_answered, points_answered, without_empty_items
from handraise.web.workbook.guard import Guard, OnlyThisMachine
from handraise.web.workbook.views import (
    POINTS,
    TABLE,
    Draft,
    chapter_page,
    frame_of,
    points_page,
)

Handler = Callable[["Desk", Request, dict[str, str]], Awaitable[Response]]


class Desk(Struct, frozen=True, kw_only=True):
    """One workbook and who may look at it.

    Attributes:
        file: the workbook's file.
        guard: who may look.
        next_steps: commands that come after the table was written, each with what it does.
        saving: held while one form is kept: two at once must not lose each other's answers.
    """

    file: WorkbookFile
    guard: Guard
    next_steps: tuple[str, ...] = ()
    saving: asyncio.Lock = field(default_factory=asyncio.Lock)


def create_workbook_app(desk: Desk) -> Starlette:
    """Return the application over one workbook file."""
    app = Starlette(
        routes=[
            Route("/open/{link}", _enter, methods=["GET"]),
            Route("/", _read(_first), methods=["GET"]),
            Route("/chapter/{chapter}", _read(_show_chapter), methods=["GET"]),
            Route("/chapter/{chapter}", _sent(_keep_chapter), methods=["POST"]),
            Route(f"/{POINTS}", _read(_show_points), methods=["GET"]),
            Route(f"/{POINTS}", _sent(_keep_points), methods=["POST"]),
            Route(f"/{TABLE}", _read(_show_table), methods=["GET"]),
            Route(f"/{TABLE}", _sent(_write_table), methods=["POST"]),
            *static_routes(),
        ],
        middleware=[
            Middleware(SecurityHeaders, is_https=False),
            Middleware(LastResort),
            Middleware(OnlyThisMachine),
        ],
        exception_handlers={Error: on_error, HTTPException: on_http_error},
    )
    app.state.desk = desk
    return app


def _read(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        desk: Desk = request.app.state.desk
        desk.guard.check(request)
        return await handler(desk, request, {})

    return serve


def _sent(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        desk: Desk = request.app.state.desk
        form = await read_form(request)
        desk.guard.check_form(request, form.get(CSRF_FIELD, ""))
        async with desk.saving:
            return await handler(desk, request, form)

    return serve


async def _enter(request: Request) -> Response:
    """Let the browser in that has the link."""
    desk: Desk = request.app.state.desk
    response = redirect("/")
    desk.guard.let_in(request.path_params["link"], response)
    return response


async def _first(desk: Desk, _request: Request, _form: dict[str, str]) -> Response:
    """Lead to the earliest chapter in which something was never answered."""
    chapter = first_open(await in_thread(desk.file.read))
    return redirect(f"/chapter/{chapter.id}" if chapter else f"/{POINTS}")


def _chapter_of(request: Request) -> Chapter:
    found = BY_ID.get(request.path_params["chapter"])
    if found is None:
        raise NotFoundError("there is no such chapter", "choose one from the list")
    return found


async def _show_chapter(desk: Desk, request: Request, _form: dict[str, str]) -> Response:
    workbook = await in_thread(desk.file.read)
    return _chapter(desk, workbook, _chapter_of(request), Draft())


def _chapter(desk: Desk, workbook: Workbook, chapter: Chapter, draft: Draft) -> Response:
    if chapter.group is not None and not workbook.count(chapter.id):
        workbook = with_item(workbook, chapter.id)
    return page(
        "workbook_chapter.html",
        status=422 if draft.errors else 200,
        frame=_frame(desk, workbook, chapter.id),
        page=chapter_page(workbook, chapter, draft),
    )


def _frame(desk: Desk, workbook: Workbook, here: str) -> object:
    return frame_of(workbook, here, str(desk.file.path), desk.guard.csrf)


async def _keep_chapter(desk: Desk, request: Request, form: dict[str, str]) -> Response:
    """Keep a chapter's answers; add or remove an item where that was asked for."""
    chapter = _chapter_of(request)
    workbook = await in_thread(desk.file.read)
    workbook, draft = chapter_answered(workbook, chapter, form)
    if draft.errors:
        await in_thread(desk.file.keep, workbook)
        return _chapter(desk, workbook, chapter, draft)
    wanted, _, number = form.get("do", "next").partition("-")
    if wanted == "remove" and number.isdecimal():
        workbook = without_item(workbook, chapter.id, int(number))
    workbook = without_empty_items(workbook, chapter)
    if wanted == "add":
        workbook = with_item(workbook, chapter.id)
    await in_thread(desk.file.keep, workbook)
    here = f"/chapter/{chapter.id}"
    if wanted == "add":
        return redirect(f"{here}#item-{workbook.count(chapter.id)}")
    if wanted in {"remove", "stay"}:
        return redirect(here)
    return redirect(chapter_page(workbook, chapter, draft).next.href)


async def _show_points(desk: Desk, _request: Request, _form: dict[str, str]) -> Response:
    return _points(desk, await in_thread(desk.file.read), Draft())


def _points(desk: Desk, workbook: Workbook, draft: Draft) -> Response:
    return page(
        "workbook_points.html",
        status=422 if draft.errors else 200,
        frame=_frame(desk, workbook, POINTS),
        points=points_page(workbook, draft),
    )


async def _keep_points(desk: Desk, _request: Request, form: dict[str, str]) -> Response:
    """Keep what was said to the points that do not add up."""
    workbook, draft = points_answered(await in_thread(desk.file.read), form)
    await in_thread(desk.file.keep, workbook)
    return _points(desk, workbook, draft) if draft.errors else redirect(f"/{TABLE}")


async def _show_table(desk: Desk, _request: Request, _form: dict[str, str]) -> Response:
    return await in_thread(_table, desk, "")


def _table(desk: Desk, problem: str, *, is_written: bool = False) -> Response:
    workbook = desk.file.read()
    frame = frame_of(workbook, TABLE, str(desk.file.path), desk.guard.csrf)
    text, sheet = "", None
    if not frame.missing:
        try:
            text, table = tried(workbook, desk.file.table)
            sheet = sheet_of(table)
        except Error as error:
            problem = error.message
    return page(
        "workbook_table.html",
        status=409 if problem else 200,
        frame=frame,
        table=str(desk.file.table),
        text=text,
        called=called_of(workbook),
        sheet=sheet,
        problem=problem,
        exists=desk.file.table.exists(),
        is_written=is_written,
        next_steps=[line.split("    ", 1) for line in desk.next_steps],
    )


async def _write_table(desk: Desk, _request: Request, form: dict[str, str]) -> Response:
    """Write the table, over another one only where that was said."""
    return await in_thread(_written, desk, is_over=bool(form.get("over")))


def _written(desk: Desk, *, is_over: bool) -> Response:
    try:
        desk.file.write_table(desk.file.read(), over=is_over)
    except InputError as error:
        return _table(desk, f"{error.message}: {error.hint}")
    return _table(desk, "", is_written=True)
