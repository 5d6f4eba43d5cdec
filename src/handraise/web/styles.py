"""The style sheet and the other static files.

The style is written in parts, one file a part of the house, and served as one: a page asks for one
file, whatever it is made of. Nothing is built beforehand, and nothing here depends on who asks.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

PARTS = (
    "base",
    "navigation",
    "cards",
    "tables",
    "forms",
    "inbox",
    "escalation",
    "team",
    "table",
    "watch",
    "figures",
    "door",
    "passkeys",
    "push",
    "slack",
    "system",
    "wall",
    "workbook",
)
"""The files in `static/style`, in the order in which they stand in the one that is served."""


@cache
def style_sheet() -> tuple[bytes, str]:
    """Return the style of all pages, and the tag that changes when it does.

    Example:
        >>> sheet, tag = style_sheet()
        >>> sheet.startswith(b"/* The whole house"), len(tag)
        (True, 34)
    """
    folder = files("handraise.web") / "static" / "style"
    sheet = "\n".join((folder / f"{part}.css").read_text(encoding="utf-8") for part in PARTS)
    found = sheet.encode()
    return found, f'"{hashlib.sha256(found).hexdigest()[:32]}"'


def static_routes() -> list[BaseRoute]:
    """Return the routes of the style and of everything else that is the same for everybody."""
    folder = str(files("handraise.web") / "static")
    return [
        Route("/static/style.css", _style, methods=["GET"]),
        Mount("/static", StaticFiles(directory=folder)),
    ]


async def _style(request: Request) -> Response:
    """Serve the style, or say that the browser has it already."""
    sheet, tag = style_sheet()
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"ETag": tag})
    return Response(sheet, media_type="text/css", headers={"ETag": tag})
