"""What people named of the new situations, to be learned from."""

from __future__ import annotations

from handraise.service.learning.plan import Named
from handraise.store import Store


def named_of(store: Store, agent: str) -> tuple[Named, ...]:
    """Return the decisions of an agent of which a person said which type they are, oldest first.

    They are as the agent brought them, which is how the next ones will come.

    Args:
        store: what keeps them.
        agent: whose.
    """
    found = []
    for one in store.named_situations(agent):
        escalation = store.escalation(one.escalation_id)
        if escalation is not None and one.said is not None and one.said.label is not None:
            found.append(Named(one.said.label, escalation.decision))
    return tuple(found)
