"""Turning page values into HTML: one Jinja environment, everything escaped."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse

from handraise.core.table.money import in_money


@cache
def environment() -> Environment:
    """Return the environment of the templates."""
    made = Environment(
        loader=PackageLoader("handraise.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["in_money"] = in_money
    return made


def page(
    template: str, *, status: int = 200, headers: dict[str, str] | None = None, **values: Any
) -> HTMLResponse:
    """Return a template filled with worded values."""
    html = environment().get_template(template).render(**values)
    return HTMLResponse(html, status_code=status, headers=headers)


def redirect(path: str) -> RedirectResponse:
    """Return the answer to a form: look there now."""
    return RedirectResponse(path, status_code=303)
