"""What makes the pages an app: its manifest, its service worker, the page for when one is offline.

Nothing of anybody is in them, so whoever asks may have them. INVARIANT: the service worker keeps
the static files and the offline page, and no page with data.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.resources import files
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from handraise.web.render import page
from handraise.web.styles import style_sheet

FRESH = {"Cache-Control": "no-cache"}
"""Kept, but asked for again each time: what is new is there at once."""

GROUND = "#f4f5f3"
BAR = "#ffffff"
"""The colours while the app opens; the pages name theirs for both schemes."""

KEPT = frozenset({".js", ".svg", ".png"})
STYLE = "/static/style.css"
WORKER = "service-worker.js"


async def manifest(_request: Request) -> Response:
    """Say what the app is."""
    icons = [
        {"src": f"/static/app/{name}-{size}.png", "sizes": f"{size}x{size}", "type": "image/png"}
        | ({"purpose": "maskable"} if name == "maskable" else {"purpose": "any"})
        for name in ("icon", "maskable")
        for size in (192, 512)
    ]
    shortcut = {"src": "/static/app/icon-192.png", "sizes": "192x192", "type": "image/png"}
    return JSONResponse(
        {
            "id": "/",
            "name": "Handraise",
            "short_name": "Handraise",
            "description": "Where people decide what agents may not decide alone.",
            "lang": "en",
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "theme_color": BAR,
            "background_color": GROUND,
            "icons": icons,
            "shortcuts": [
                {"name": "Inbox", "url": "/", "icons": [shortcut]},
                {"name": "Me", "url": "/me", "icons": [shortcut]},
            ],
        },
        headers=FRESH,
        media_type="application/manifest+json",
    )


async def service_worker(_request: Request) -> Response:
    """Serve the worker, which is another one as soon as any file that it keeps is."""
    return Response(_worker(), headers=FRESH, media_type="text/javascript")


async def offline(_request: Request) -> Response:
    """Show what is shown when the server cannot be reached."""
    return page("offline.html", headers=FRESH)


@cache
def _worker() -> str:
    root = Path(str(files("handraise.web") / "static"))
    script = (root / WORKER).read_text(encoding="utf-8")
    digest = hashlib.sha256(script.encode())
    digest.update(page("offline.html").body)
    sheet, _tag = style_sheet()
    digest.update(sheet)
    paths = [STYLE]
    for file in sorted(root.rglob("*")):
        if file.suffix in KEPT and file.name != WORKER:
            paths.append(f"/static/{file.relative_to(root).as_posix()}")
            digest.update(file.read_bytes())
    version = digest.hexdigest()[:16]
    return f"const VERSION = {json.dumps(version)};\nconst FILES = {json.dumps(paths)};\n{script}"
