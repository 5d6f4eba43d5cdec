"""Keys of agents and addresses of walls in words; of neither ever the secret, but when it is made.

What has ended stays listed for a while: whoever looks sees what there was.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from handraise.model import AgentKey, Wall
from handraise.web.pages.views.words import Moment, Reader

USES = {
    "decide": "the agent's own: it decides, and asks people",
    "outcomes": "reports how decisions turned out, and nothing else",
}
"""What a key may be used for."""


class Secret(Struct, frozen=True, kw_only=True):
    """What was just made and is shown this once: the secret of a key, or the address of a wall."""

    kind: Literal["key", "wall"]
    name: str
    value: str


class KeyView(Struct, frozen=True, kw_only=True):
    """A key; `used` is None before its first use, `revoked` while it is good."""

    id: str
    label: str
    agent: str
    may: str
    made: Moment
    used: Moment | None
    revoked: Moment | None


class WallView(Struct, frozen=True, kw_only=True):
    """A wall; `agents` says of which agents it shows counts, `ended` is None while it does."""

    id: str
    label: str
    agents: str
    by: str
    made: Moment
    ended: Moment | None


class KeysPage(Struct, frozen=True, kw_only=True):
    """The page: what is good, then what was; `agents` are those the reader owns."""

    agents: tuple[str, ...]
    keys: tuple[KeyView, ...]
    old_keys: tuple[KeyView, ...]
    walls: tuple[WallView, ...]
    old_walls: tuple[WallView, ...]
    uses: tuple[tuple[str, str], ...] = tuple(USES.items())


def keys_page(
    agents: Sequence[str], keys: Sequence[AgentKey], walls: Sequence[Wall], reader: Reader
) -> KeysPage:
    """Return the page in words.

    Args:
        agents: those the reader owns.
        keys: of those agents.
        walls: that are the reader's to see.
        reader: who reads.
    """
    shown_keys = [_key(one, reader) for one in keys]
    shown_walls = [_wall(one, reader) for one in walls]
    return KeysPage(
        agents=tuple(agents),
        keys=tuple(one for one in shown_keys if one.revoked is None),
        old_keys=tuple(one for one in shown_keys if one.revoked is not None),
        walls=tuple(one for one in shown_walls if one.ended is None),
        old_walls=tuple(one for one in shown_walls if one.ended is not None),
    )


def _key(key: AgentKey, reader: Reader) -> KeyView:
    return KeyView(
        id=key.id,
        label=key.label,
        agent=key.agent,
        may=USES[key.may],
        made=reader.moment(key.created_at),
        used=None if key.used_at is None else reader.moment(key.used_at),
        revoked=None if key.revoked_at is None else reader.moment(key.revoked_at),
    )


def _wall(wall: Wall, reader: Reader) -> WallView:
    return WallView(
        id=wall.id,
        label=wall.label,
        agents=", ".join(wall.agents) or "all agents",
        by=reader.full_name(wall.made_by),
        made=reader.moment(wall.made_at),
        ended=None if wall.ended_at is None else reader.moment(wall.ended_at),
    )
