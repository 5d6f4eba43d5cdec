"""Who may speak or act: agents' keys, people's sign-in tokens and sessions, grants that were used.

Of secrets, there are only hashes.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select, update

from handraise.model import AgentKey, Event, Session
from handraise.store.database import Database
from handraise.store.identities import end_all
from handraise.store.inserts import insert
from handraise.store.journal import append
from handraise.store.push import end_pushes
from handraise.store.rows import columns_of, record_of, values_of
from handraise.store.schema import agent_keys as keys
from handraise.store.schema import sessions
from handraise.store.schema import sign_in_tokens as tokens
from handraise.store.schema import used_grants as used

USED_EVERY = timedelta(minutes=1)
"""How exact `AgentKey.used_at` is: a busy key does not write at every request."""


def add_agent_key(db: Database, key: AgentKey) -> None:
    """Keep a new key."""
    with db.write() as connection:
        insert(connection, keys, [values_of(key)])


def agent_key(db: Database, key_id: str) -> AgentKey | None:
    """Return the key of that id, revoked or not, or None."""
    found = select(*columns_of(keys, AgentKey)).where(keys.c.id == key_id)
    with db.read() as connection:
        row = connection.execute(found).first()
    return None if row is None else record_of(AgentKey, row)


def agent_keys(db: Database, agent: str | None = None) -> list[AgentKey]:
    """Return all keys, or one agent's, oldest first."""
    found = select(*columns_of(keys, AgentKey)).order_by(keys.c.created_at, keys.c.id)
    if agent is not None:
        found = found.where(keys.c.agent == agent)
    with db.read() as connection:
        return [record_of(AgentKey, row) for row in connection.execute(found)]


def revoke_agent_key(db: Database, key_id: str, now: datetime) -> bool:
    """Revoke a key; False when there is none or it is revoked already."""
    revoked = (
        update(keys).where(keys.c.id == key_id, keys.c.revoked_at.is_(None)).values(revoked_at=now)
    )
    with db.write() as connection:
        return connection.execute(revoked).rowcount == 1


def agent_key_used(db: Database, key_id: str, now: datetime) -> None:
    """Note that a key was used; writes at most once a minute a key."""
    stale = and_(
        keys.c.id == key_id, or_(keys.c.used_at.is_(None), keys.c.used_at <= now - USED_EVERY)
    )
    with db.read() as connection:
        if connection.execute(select(keys.c.id).where(stale)).first() is None:
            return
    with db.write() as connection:
        connection.execute(update(keys).where(stale).values(used_at=now))


def add_sign_in_token(
    db: Database,
    token_hash: str,
    person: str,
    expires_at: datetime,
    next_path: str,
    *,
    created_at: datetime,
) -> None:
    """Keep a token that signs `person` in once, until it expires, and leads to `next_path`."""
    row = {
        "token_hash": token_hash,
        "person": person,
        "created_at": created_at,
        "expires_at": expires_at,
        "next_path": next_path,
        "used_at": None,
    }
    with db.write() as connection:
        insert(connection, tokens, [row])


def peek_sign_in_token(db: Database, token_hash: str, now: datetime) -> tuple[str, str] | None:
    """Return whom a token would sign in and where it leads, without using it; None if not valid."""
    found = select(tokens.c.person, tokens.c.next_path).where(_valid(token_hash, now))
    with db.read() as connection:
        row = connection.execute(found).first()
    return None if row is None else (row.person, row.next_path)


def use_sign_in_token(db: Database, token_hash: str, now: datetime) -> tuple[str, str] | None:
    """Use a token up; return whom it signs in and where it leads to one caller, None to others."""
    using = (
        update(tokens)
        .where(_valid(token_hash, now))
        .values(used_at=now)
        .returning(tokens.c.person, tokens.c.next_path)
    )
    with db.write() as connection:
        row = connection.execute(using).first()
    return None if row is None else (row.person, row.next_path)


def recent_sign_in_tokens(db: Database, person: str, since: datetime) -> int:
    """Return how many tokens were made for the person since that instant, used ones included."""
    found = select(func.count()).where(tokens.c.person == person, tokens.c.created_at >= since)
    with db.read() as connection:
        return int(connection.execute(found).scalar_one())


def _valid(token_hash: str, now: datetime) -> ColumnElement[bool]:
    return and_(
        tokens.c.token_hash == token_hash, tokens.c.used_at.is_(None), tokens.c.expires_at > now
    )


def add_session(db: Database, session: Session) -> None:
    """Keep a new session."""
    with db.write() as connection:
        insert(connection, sessions, [values_of(session)])


def session(db: Database, session_id: str, now: datetime) -> Session | None:
    """Return the session of that id; None when there is none, or it has expired or ended."""
    found = select(*columns_of(sessions, Session)).where(
        sessions.c.id == session_id, sessions.c.expires_at > now, sessions.c.ended_at.is_(None)
    )
    with db.read() as connection:
        row = connection.execute(found).first()
    return None if row is None else record_of(Session, row)


def end_session(db: Database, session_id: str, now: datetime) -> None:
    """End a session; one that has ended stays as it is."""
    ended = update(sessions).where(sessions.c.id == session_id, sessions.c.ended_at.is_(None))
    with db.write() as connection:
        connection.execute(ended.values(ended_at=now))


def session_seen(db: Database, session_id: str, now: datetime) -> None:
    """Note that a session was used; writes at most once a minute a session."""
    stale = and_(
        sessions.c.id == session_id,
        sessions.c.ended_at.is_(None),
        or_(sessions.c.seen_at.is_(None), sessions.c.seen_at <= now - USED_EVERY),
    )
    with db.write() as connection:
        connection.execute(update(sessions).where(stale).values(seen_at=now))


def sessions_of(db: Database, person: str, now: datetime) -> list[Session]:
    """Return a person's sessions that have neither expired nor ended, newest first."""
    found = (
        select(*columns_of(sessions, Session))
        .where(
            sessions.c.person == person, sessions.c.expires_at > now, sessions.c.ended_at.is_(None)
        )
        .order_by(sessions.c.created_at.desc(), sessions.c.id)
    )
    with db.read() as connection:
        return [record_of(Session, row) for row in connection.execute(found)]


def end_sessions(db: Database, person: str, now: datetime, *, only: str | None = None) -> int:
    """End a person's sessions; return how many were not at an end yet.

    Args:
        db: the opened store.
        person: whose; nobody else's is ever ended.
        now: the present instant.
        only: the id of one that alone is to end; None for all.
    """
    ended = update(sessions).where(
        sessions.c.person == person, sessions.c.expires_at > now, sessions.c.ended_at.is_(None)
    )
    if only is not None:
        ended = ended.where(sessions.c.id == only)
    with db.write() as connection:
        return connection.execute(ended.values(ended_at=now)).rowcount


def end_other_sessions(
    db: Database, person: str, now: datetime, *, but: str, device: str = ""
) -> int:
    """End all sessions of a person but one, and tell them on its device alone from now on.

    Args:
        db: the opened store.
        person: whose.
        now: the present instant.
        but: the id of the session that goes on.
        device: the id of the browser that goes on taking messages; empty for none.

    Returns:
        How many sessions ended.
    """
    live = (sessions.c.person == person, sessions.c.expires_at > now, sessions.c.ended_at.is_(None))
    ended = update(sessions).where(*live, sessions.c.id != but).values(ended_at=now)
    with db.write() as connection:
        end_pushes(connection, person, now, "you ended all your other sessions", but=device)
        return connection.execute(ended).rowcount


def sign_out(db: Database, person: str, now: datetime) -> int:
    """End all sessions of a person, with the links not used; return how many sessions ended.

    Their devices are told nothing more.
    """
    live = (sessions.c.person == person, sessions.c.expires_at > now, sessions.c.ended_at.is_(None))
    with db.write() as connection:
        ended = connection.execute(update(sessions).where(*live).values(ended_at=now)).rowcount
        end_pushes(connection, person, now, "you were signed out everywhere")
        connection.execute(
            delete(tokens).where(tokens.c.person == person, tokens.c.used_at.is_(None))
        )
    return ended


def shut_out(connection: Connection, person: str, now: datetime) -> None:
    """End a person's sessions and identities, and take away the links they have not used."""
    ended = update(sessions).where(sessions.c.person == person, sessions.c.ended_at.is_(None))
    connection.execute(ended.values(ended_at=now))
    end_all(connection, person, now)
    connection.execute(delete(tokens).where(tokens.c.person == person, tokens.c.used_at.is_(None)))


def use_grant(
    db: Database,
    grant_id: str,
    agent: str,
    escalation_id: str | None,
    used_by: str,
    now: datetime,
) -> bool:
    """Note that a grant is used, with its event; True to one caller, False to all who come later.

    Args:
        db: the opened store.
        grant_id: which.
        agent: whose grant it is.
        escalation_id: the escalation it was approved in; None for what went ahead.
        used_by: which tool uses it.
        now: the present instant.
    """
    row = {
        "id": grant_id,
        "agent": agent,
        "escalation_id": escalation_id,
        "used_at": now,
        "used_by": used_by,
    }
    event = Event(
        at=now,
        kind="grant_used",
        who=f"agent:{agent}",
        agent=agent,
        escalation_id=escalation_id,
        # What went ahead has no events to erase: who used its grant stands in the row only.
        detail={"grant": grant_id} | ({} if escalation_id is None else {"by": used_by}),
    )
    with db.write() as connection:
        if insert(connection, used, [row], known=True) != 1:
            return False
        append(connection, [event])
        return True


def used_grant(db: Database, grant_id: str) -> tuple[datetime, str] | None:
    """Return when a grant was used and by which tool; None when it was not."""
    found = select(used.c.used_at, used.c.used_by).where(used.c.id == grant_id)
    with db.read() as connection:
        row = connection.execute(found).first()
    return None if row is None else (row.used_at, row.used_by)
