"""Agents' keys: made once, shown once, kept as a hash, revoked at once.

INVARIANT: a key never signs a person in, and a person's session never speaks for an agent.
"""

from __future__ import annotations

from typing import Literal, get_args

from handraise.clock import Clock
from handraise.errors import AccessError, InputError, NotFoundError, SignInError
from handraise.model import AgentKey
from handraise.service.reading.shelf import Shelf
from handraise.service.secrets import fresh_secret, secret_hash
from handraise.service.telling.wording import fresh_id
from handraise.store import Store

KeyUse = Literal["decide", "outcomes"]
"""What a key may be used for."""

KEY_PREFIX = "hrk"
MAX_LABEL = 100


class Keys:
    """What agents show to speak for themselves."""

    def __init__(self, store: Store, shelf: Shelf, clock: Clock) -> None:
        """Keep what keys need."""
        self._store = store
        self._shelf = shelf
        self._clock = clock

    def make(self, agent: str, label: str, *, may: KeyUse = "decide") -> tuple[AgentKey, str]:
        """Return a new key for one agent, with its secret, which is shown this once and never kept.

        Args:
            agent: the agent.
            label: what the key is for, 1 to 100 characters.
            may: `decide`: it is the agent's own; `outcomes`: it reports outcomes, and nothing else.

        Raises:
            NotFoundError: there is no such agent.
            InputError: the label is empty or too long, or there is no such use.
        """
        self._shelf.newest(agent)
        if may not in get_args(KeyUse):
            raise InputError(f'may: there is no key for "{may}"', "decide, or outcomes")
        if not 0 < len(label.strip()) <= MAX_LABEL:
            raise InputError(
                f"label: expected 1 to {MAX_LABEL} characters", "say what the key is for"
            )
        secret = f"{KEY_PREFIX}_{fresh_secret()}"
        key = AgentKey(
            id=fresh_id(),
            agent=agent,
            label=label.strip(),
            secret_hash=secret_hash(secret),
            created_at=self._clock.now(),
            may=may,
        )
        self._store.add_agent_key(key)
        return key, f"{secret}.{key.id}"

    def agent(self, secret: str | None) -> str:
        """Return which agent a key speaks for, if it is the agent's own.

        Raises:
            SignInError: there is no such key, or it is revoked.
            AccessError: the key may only report outcomes.
        """
        key = self.key(secret)
        if key.may != "decide":
            raise AccessError(
                "this key may only report outcomes", "the agent's own key is needed for this"
            )
        return key.agent

    def key(self, secret: str | None) -> AgentKey:
        """Return the live key of a secret, whatever it may be used for.

        Raises:
            SignInError: there is no such key, or it is revoked.
        """
        refused = SignInError(
            "no valid agent key was shown",
            "send Authorization: Bearer KEY; `handraise key add` makes one",
        )
        if not secret or not secret.startswith(f"{KEY_PREFIX}_"):
            raise refused
        token, _, id = secret.rpartition(".")
        key = self._store.agent_key(id) if token else None
        if key is None or key.revoked_at is not None or key.secret_hash != secret_hash(token):
            raise refused
        self._store.agent_key_used(key.id, self._clock.now())
        return key

    def revoke(self, id: str) -> None:
        """Revoke a key at once.

        Raises:
            NotFoundError: there is no such key, or it is revoked already.
        """
        if not self._store.revoke_agent_key(id, self._clock.now()):
            raise NotFoundError(f"there is no live key {id}", "`handraise key list` shows them")

    def all(self, agent: str | None = None) -> list[AgentKey]:
        """Return all keys, or those of one agent."""
        return self._store.agent_keys(agent)
