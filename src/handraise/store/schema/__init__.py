"""The tables: what is kept, and which states are impossible.

Columns are named like the fields of the record they keep, so that `handraise.store.rows` needs no
lists of its own. An escalation is one row of `escalations` and its rows of `asks`; nothing is kept
twice, but for the few columns of `escalations` that are only there to search by. A change here
needs a migration; a test compares the two.

The record of events commits to the rows of `escalations`, `asks` and `decisions` without what is
NULL in them: a column that is added to them later must be NULL in the rows that are there, or the
migration must write an event for each that commits to it anew.
"""

from handraise.store.schema.access import (
    attempts,
    challenges,
    identities,
    lookers,
    passkeys,
    push_subscriptions,
    slack_posts,
    walls,
)
from handraise.store.schema.base import metadata
from handraise.store.schema.inbox import inbox_lines, search_words
from handraise.store.schema.people import (
    absences,
    calendars,
    contact_plans,
    contacts,
    departures,
    drills,
    duties,
)
from handraise.store.schema.record import (
    chain,
    checkpoints,
    events,
)
from handraise.store.schema.rehearsals import rehearsal_asks, rehearsals
from handraise.store.schema.running import (
    addresses,
    agent_keys,
    heartbeats,
    leases,
    outbox,
    sessions,
    sign_in_tokens,
    works,
)
from handraise.store.schema.stops import (
    ask_spans,
    asks,
    assignments,
    decisions,
    escalations,
    promises,
    ready_records,
    situations,
    table_versions,
    used_grants,
)
from handraise.store.schema.watch import (
    advice,
    alarms,
    audits,
    monitors,
    outcomes,
    presences,
    readings,
    tallies,
)

__all__ = [
    "absences",
    "addresses",
    "advice",
    "agent_keys",
    "alarms",
    "ask_spans",
    "asks",
    "assignments",
    "attempts",
    "audits",
    "calendars",
    "chain",
    "challenges",
    "checkpoints",
    "contact_plans",
    "contacts",
    "decisions",
    "departures",
    "drills",
    "duties",
    "escalations",
    "events",
    "heartbeats",
    "identities",
    "inbox_lines",
    "leases",
    "lookers",
    "metadata",
    "monitors",
    "outbox",
    "outcomes",
    "passkeys",
    "presences",
    "promises",
    "push_subscriptions",
    "readings",
    "ready_records",
    "rehearsal_asks",
    "rehearsals",
    "search_words",
    "sessions",
    "sign_in_tokens",
    "situations",
    "slack_posts",
    "table_versions",
    "tallies",
    "used_grants",
    "walls",
    "works",
]
