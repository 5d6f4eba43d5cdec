"""People as they are once an operation has settled in: reachable, and willing."""

from __future__ import annotations

from datetime import timedelta

from handraise.model import DutyRecord
from handraise.service.secrets import secret_hash
from handraise.service.wiring import Operation


def verify_everybody(operation: Operation) -> None:
    """Let everybody on the tables have their contacts verified and their duties accepted.

    Nobody is sent anything; what was verified or answered before stays as it is.
    """
    store, shelf, now = operation.store, operation.shelf, operation.clock.now()
    for id, person in shelf.people_to_be().items():
        for contact in person.contacts:
            code = secret_hash(f"{id} {contact}")
            if store.contact_asked(id, contact, code, now):
                assert store.verify_contact(code, now, since=now - timedelta(days=1))
    for agent in shelf.agents():
        for id in {id for table in shelf.versions(agent) for id in table.people}:
            for table, duty in shelf.duties(agent, id):
                record = DutyRecord(
                    agent=agent,
                    person=id,
                    digest=duty.digest,
                    version=table.version,
                    lines=duty.lines,
                    asked_at=now,
                )
                if store.ask_duty(record):
                    assert store.answer_duty(agent, id, duty.digest, "accepted", "", now)
