"""Keys of agents and addresses of walls: an owner makes, sees and ends those of their own agents.

INVARIANT: a secret stands on exactly one answer, which no cache keeps, and in no address.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from starlette.responses import Response

from handraise.errors import AccessError, Error, InputError, NotFoundError
from handraise.web.pages.me import errors_of
from handraise.web.pages.views.frame import Frame, frame_of, reader_of
from handraise.web.pages.views.keys import KeysPage, Secret, keys_page
from handraise.web.pages.views.me import Draft
from handraise.web.pages.visitor import Visitor
from handraise.web.problems import status_of
from handraise.web.render import page, redirect
from handraise.web.site import in_thread

if TYPE_CHECKING:
    from handraise.service.access.keys import KeyUse

SAID = {
    "revoked": "The key is revoked: from now on it opens nothing.",
    "ended": "The wall has ended: its address shows nothing any more.",
}
"""What is said after something was done; only these words, whatever the address holds."""


async def show(visitor: Visitor) -> Response:
    """Show the keys and the walls of the agents that the reader owns."""
    said = SAID.get(visitor.request.query_params.get("done", ""), "")
    return await _show(visitor, Draft(), said=said)


async def make(visitor: Visitor) -> Response:
    """Make a key for an agent, and show its secret this once."""

    def made() -> Secret:
        form = visitor.form
        agent = form.get("agent", "")
        _check_owner(visitor, agent)
        may = cast("KeyUse", form.get("may", "decide"))
        key, secret = visitor.operation.door.make_key(agent, form.get("label", ""), may=may)
        return Secret(kind="key", name=key.label, value=secret)

    return await _made(visitor, "key", made)


async def revoke(visitor: Visitor) -> Response:
    """Revoke a key."""

    def revoked() -> str:
        id = visitor.request.path_params["id"]
        key = next((one for one in visitor.operation.store.agent_keys() if one.id == id), None)
        if key is None:
            raise NotFoundError("there is no such key")
        _check_owner(visitor, key.agent)
        visitor.operation.door.revoke_key(id)
        return "revoked"

    return await _ended(visitor, revoked)


async def make_wall(visitor: Visitor) -> Response:
    """Make the address of a wall, and show it this once."""

    def made() -> Secret:
        form, operation = visitor.form, visitor.operation
        owned = owned_by(visitor)
        agents = [agent for agent in owned if form.get(f"agent.{agent}")]
        if not owned:
            _check_owner(visitor, "")
        if not agents:
            raise InputError("agents: name at least one agent", "tick what the wall shows")
        wall, address = operation.walls.make(form.get("label", ""), visitor.person, agents)
        return Secret(kind="wall", name=wall.label, value=address)

    return await _made(visitor, "wall", made)


async def end_wall(visitor: Visitor) -> Response:
    """End a wall."""

    def ended() -> str:
        id = visitor.request.path_params["id"]
        walls = visitor.operation.walls
        wall = next((one for one in walls.all() if one.id == id), None)
        if wall is None or not is_mine(visitor, wall.made_by, wall.agents):
            raise NotFoundError("there is no such wall")
        walls.end(id)
        return "ended"

    return await _ended(visitor, ended)


def owned_by(visitor: Visitor) -> list[str]:
    """Return the agents whose tables the reader owns."""
    shelf = visitor.operation.shelf
    return [agent for agent in shelf.agents() if shelf.is_owner(visitor.person, agent)]


def is_mine(visitor: Visitor, made_by: str, agents: tuple[str, ...]) -> bool:
    """Whether a wall is the reader's to see: they made it, or own all that it shows."""
    shown = agents or tuple(visitor.operation.shelf.agents())
    return made_by == visitor.person or set(shown) <= set(owned_by(visitor))


def _check_owner(visitor: Visitor, agent: str) -> None:
    """Refuse whoever does not own the agent; an agent that is not there is nobody's.

    Raises:
        AccessError: says so.
    """
    if agent not in owned_by(visitor):
        raise AccessError("only the owner of an agent sees to its keys", "ask the owner")


async def _made(visitor: Visitor, form: str, make: Callable[[], Secret]) -> Response:
    try:
        secret = await in_thread(make)
    except AccessError:
        raise
    except Error as error:
        errors = errors_of(error, {**visitor.form, "agents": ""})
        draft = Draft(form=form, values=visitor.form, errors=errors)
        return await _show(visitor, draft, status=status_of(error))
    return await _show(visitor, Draft(), secret=secret)


async def _ended(visitor: Visitor, end: Callable[[], str]) -> Response:
    done = await in_thread(end)
    return redirect(f"/keys?done={done}")


async def _show(
    visitor: Visitor,
    draft: Draft,
    *,
    said: str = "",
    secret: Secret | None = None,
    status: int = 200,
) -> Response:
    frame, found = await in_thread(_read, visitor)
    return page(
        "keys.html", status=status, frame=frame, page=found, draft=draft, said=said, secret=secret
    )


def _read(visitor: Visitor) -> tuple[Frame, KeysPage]:
    operation = visitor.operation
    owned = owned_by(visitor)
    if not owned:
        raise AccessError("only owners see keys and walls", "ask the owner of the table")
    found = keys_page(
        owned,
        [one for one in operation.store.agent_keys() if one.agent in owned],
        [one for one in operation.walls.all() if is_mine(visitor, one.made_by, one.agents)],
        reader_of(operation, visitor.person),
    )
    return frame_of(operation, visitor.person, visitor.cookie, "keys"), found
