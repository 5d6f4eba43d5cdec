"""A routing table in plain words: what a team pins on the wall, before it has a form.

`render` prints it as text, Markdown and HTML. What the table's author wrote is cleaned of line
breaks and of characters that cannot be printed, but not escaped: that is the printer's part.
Contacts are left out, for they may hold what not everybody should read.
"""

from __future__ import annotations

import unicodedata

from msgspec import Struct

from handraise.core.table.expression import as_sentence, as_source, number_text
from handraise.core.table.form import Form
from handraise.core.table.types import Claim, Fact, Person, Route, Row, Table
from handraise.core.table.units import capacity_text, duration_text, hours_of, percent_text
from handraise.model import OWNER, Learned

MOST_TYPES = 40
"""How many known types are listed before the rest is only counted."""

CONDITIONS = {
    "confidence": "Not sure enough",
    "consequence": "Too much at stake",
    "novelty": "Something new",
}

Cell = tuple[str, ...]
"""The lines of one cell."""


class Grid(Struct, frozen=True, kw_only=True):
    """A part in columns.

    Attributes:
        title: its heading.
        columns: what stands over each column.
        rows: a cell for each column.
        notes: sentences below.
    """

    title: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    notes: tuple[str, ...] = ()


class Sheet(Struct, frozen=True, kw_only=True):
    """All of a table in words.

    Attributes:
        title: whose table it is.
        lead: sentences below the title.
        parts: the parts, most important first.
    """

    title: str
    lead: tuple[str, ...]
    parts: tuple[Grid, ...]


def sheet_of(table: Table) -> Sheet:
    """Return the table in words."""
    purpose = (clean(table.purpose),) if table.purpose.strip() else ()
    return Sheet(
        title=f"Routing table of {table.agent}",
        lead=(*purpose, f"Last resort: {_owner(table)}. Version {table.version}."),
        parts=(
            _rows(table),
            _routes(table),
            _actions(table),
            _facts(table),
            _known(table),
            *_claims(table),
            *_audits(table),
        ),
    )


def clean(text: str) -> str:
    """Return a text on one line, without what cannot be printed or turns the line around."""
    kept = (
        character if character.isprintable() else "\ufffd"
        for character in " ".join(text.split())
        if unicodedata.category(character) != "Cf"
    )
    return "".join(kept)


def _rows(table: Table) -> Grid:
    rows = [
        (_condition(table, row), (f"→ {row.to}: {_names(table, row.to)}",)) for row in table.rows
    ]
    owner = (f"→ {OWNER}: {_owner(table)}",)
    silence = duration_text(table.silent_after_s)
    return Grid(
        title="If this happens, the agent goes here",
        columns=("If this happens", "The agent goes here"),
        rows=(
            *rows,
            (("Fault: what the agent sends is not of the form agreed here",), owner),
            ((f"Stall: the agent gives no sign of life for {silence} in its work",), owner),
            (("Not ready: nobody has signed for this version yet",), owner),
        ),
        notes=(
            "What is missing or cannot be read counts as if it had happened.",
            _SEVERAL[table.several],
            _UNANSWERED[table.unanswered].format(owner=_owner(table)),
            *_calibrated(table),
        ),
    )


_SEVERAL = {
    "every": "Where several happen at once, every route named must agree before the agent goes on.",
    "first": "Where several happen at once, the first one in this order says where it goes.",
}
_UNANSWERED = {
    "hold": "If nobody answers, the agent stays stopped and {owner} keeps being reminded. "
    "It never goes ahead by itself.",
    "reject": "If nobody answers, not even {owner}, it ends without approval: "
    "the agent does not act.",
}


def _calibrated(table: Table) -> Cell:
    """Return how the stated confidence is turned into the one that rows read, if it is."""
    found = table.calibration
    if found is None:
        return ()
    return (f"Confidence is calibrated ({found.map.kind}, from {found.labels:,} labels).",)


def _condition(table: Table, row: Row) -> Cell:
    lines = [f"{CONDITIONS[row.condition]}: {happening(table, row)}", *narrowing(row)]
    if row.name.strip():
        lines.append(f"called “{clean(row.name)}”")
    if row.tag is not None:
        lines.append(f"marked “{clean(row.tag)}”")
    return tuple(lines)


def narrowing(row: Row) -> tuple[str, ...]:
    """Return what a row is only for, in words; empty when it is for everything."""
    lines = []
    if row.for_types:
        lines.append(_only_for("type", row.for_types))
    if row.for_actions:
        lines.append(_only_for("action", row.for_actions))
    return tuple(lines)


def _only_for(noun: str, names: tuple[str, ...]) -> str:
    return f"only for the {noun}{'s' if len(names) > 1 else ''} {_listed(names, 12)}"


def happening(table: Table, row: Row) -> str:
    """Return what makes a row fire, as the rest of a sentence."""
    if row.kind == "below":
        return _below(row)
    if row.kind == "unknown":
        return "the request is of a type it was not trained on"
    if row.kind == "unfamiliar" and row.unfamiliar is not None:
        rate = percent_text(row.unfamiliar)
        return (
            f"a situation unlike what was learned ({rate} of familiar ones are stopped for nothing)"
        )
    if row.kind == "severity" and row.severity is not None:
        rank = table.severity_rank(row.severity)
        rated = rated_at_least(table, row.severity)
        worse = "" if rank == len(table.severities) - 1 else " or worse"
        return f"the action is rated {row.severity}{worse} ({_listed(rated, 8) or 'none is'})"
    return clean(as_sentence(row.when, _units(table))) if row.when is not None else "always"


def _units(table: Table) -> dict[str, str]:
    return {fact.id: clean(fact.unit) for fact in table.facts.values() if fact.unit.strip()}


def rated_at_least(table: Table, severity: str) -> tuple[str, ...]:
    """Return the actions that are rated with a severity or a worse one, in the table's order."""
    rank = table.severity_rank(severity)
    return tuple(
        action.id
        for action in table.actions.values()
        if table.severity_rank(action.severity) >= rank
    )


def _below(row: Row) -> str:
    rest = "whatever it is" if row.below is None else f"below {number_text(row.below)}"
    if not row.below_by_type:
        return f"its confidence is {rest}"
    by_limit: dict[float, list[str]] = {}
    for name, limit in row.below_by_type.items():
        by_limit.setdefault(limit, []).append(name)
    parts = [
        f"below {number_text(limit)} for {_listed(names, 12)}" for limit, names in by_limit.items()
    ]
    return f"its confidence is {', '.join(parts)}; {rest} for every other type"


def _routes(table: Table) -> Grid:
    rows = [
        (
            (route.id, *_agreement(route)),
            _people(table, route.people),
            (duration_text(route.acknowledge_within_s),),
            (duration_text(route.decide_within_s),),
        )
        for route in table.routes.values()
    ]
    owner = ((OWNER, "the last resort"), _people(table, (table.owner,)), ("",), ("",))
    return Grid(
        title="Who that is",
        columns=("Route", "People, in this order", "Take it within", "Decide within"),
        rows=(*rows, owner),
        notes=(
            "Whoever is away, off duty or full is passed over. Where a deadline passes, the next "
            f"person has it; after the last one, {_owner(table)}.",
            *_readers(table),
        ),
    )


def _readers(table: Table) -> Cell:
    names = [clean(one.name) for id, one in table.people.items() if table.only_reads(id)]
    if not names:
        return ()
    return (f"{', '.join(names)}: may read everything of this agent, and decides nothing.",)


def _agreement(route: Route) -> Cell:
    return () if route.needs == 1 else (f"{route.needs} of them must agree",)


def _people(table: Table, ids: tuple[str, ...]) -> Cell:
    people = [table.people[id] for id in ids if id in table.people]
    return tuple(f"{place}. {_person(person)}" for place, person in enumerate(people, 1))


def _person(person: Person) -> str:
    is_always = hours_of(person) == "always"
    hours = "always" if is_always else f"{clean(hours_of(person))} ({clean(person.zone)})"
    capacity = capacity_text(person.capacity_day, person.capacity_open)
    return f"{clean(person.name)}, {hours}" + (f", at most {capacity}" if capacity else "")


def _owner(table: Table) -> str:
    return _names(table, OWNER)


def _names(table: Table, route: str) -> str:
    people = (table.people.get(id) for id in table.route_people(route))
    return ", then ".join(clean(person.name) for person in people if person)


def _actions(table: Table) -> Grid:
    worst_first = sorted(
        table.actions.values(), key=lambda action: -table.severity_rank(action.severity)
    )
    rows = tuple(
        ((action.id,), (action.severity,), (_form(action.form) if action.form else "anything",))
        for action in worst_first
    )
    if not rows:
        note = "The table rates no actions: any action goes ahead unless a row above stops it."
        return Grid(title="What the agent may do", notes=(note, *_confirmed(table)))
    return Grid(
        title="What the agent may do",
        columns=("Action", "How bad a wrong one is", "What it may hold"),
        rows=rows,
        notes=(
            "Any other action counts as if every row about consequences had happened.",
            *_confirmed(table),
        ),
    )


def _confirmed(table: Table) -> Cell:
    if table.confirm is None:
        return ()
    what = f"what is rated {table.confirm} or worse, or not rated"
    return (f"Whoever lets the agent do {what}, confirms it with a passkey.",)


def _form(form: Form) -> str:
    mark = ", if any" if form.optional else ""
    if form.kind == "object":
        inner = ", ".join(f"{name} ({_form(field)})" for name, field in form.fields.items())
        return (inner or "nothing") + mark
    if form.kind == "list":
        return f"a list of {_form(form.item) if form.item else 'text'}{mark}"
    if form.kind == "one_of":
        return f"one of {_listed(form.choices, 12)}{mark}"
    return f"{form.kind}{mark}"


def _facts(table: Table) -> Grid:
    rows = tuple(
        ((fact.id, *_about(fact)), (_kind(fact),), _origin(fact)) for fact in table.facts.values()
    )
    if not rows:
        return Grid(
            title="What it looks at", notes=("No facts beside type, action and confidence.",)
        )
    return Grid(title="What it looks at", columns=("Fact", "Kind", "Where from"), rows=rows)


def _about(fact: Fact) -> Cell:
    return (clean(fact.about),) if fact.about.strip() else ()


def _kind(fact: Fact) -> str:
    kind = f"one of {_listed(fact.choices, 12)}" if fact.choices else fact.type
    return f"{kind} ({clean(fact.unit)})" if fact.unit.strip() else kind


def _origin(fact: Fact) -> Cell:
    if fact.source is not None:
        return (f"worked out from the proposal: {as_source(fact.source)}",)
    if not fact.sources:
        return ("the agent states it",)
    by_action = [f"{action}: {as_source(node)}" for action, node in fact.sources.items()]
    rest = [f"otherwise {fact.otherwise}"] if fact.otherwise is not None else []
    return ("worked out from the proposal", *by_action, *rest)


def _known(table: Table) -> Grid:
    known = table.known
    origin = f", read from {clean(known.file)}" if known.file else ""
    if known.learned is not None:
        origin = f", learned, with {_learned_besides(known.learned)}"
    count = f"{len(known.types)} type" + ("" if len(known.types) == 1 else "s")
    return Grid(
        title="What it was trained on",
        notes=(f"{count}{origin}: {_listed(known.types, MOST_TYPES)}.",),
    )


def _learned_besides(learned: Learned) -> str:
    """Return what was learned beside the types, in words."""
    facts = _listed(sorted(learned.facts), MOST_TYPES)
    parts = ["the wording of requests"] if learned.reads_text else []
    parts += [f"the facts {facts}"] if facts else []
    return " and ".join(parts) or "how often each comes"


def _claims(table: Table) -> tuple[Grid, ...]:
    """Return what is claimed of every decision, as a part of its own; none where nothing is."""
    if not table.claims:
        return ()
    rows = tuple(
        ((clean(claim.name),), (concerned(table, claim),), (claimed(claim),))
        for claim in table.claims
    )
    note = "handraise prove proves each of them, or shows a decision for which it does not hold."
    columns = ("Claim", "Of which decisions", "What is claimed")
    return (Grid(title="What is claimed", columns=columns, rows=rows, notes=(note,)),)


def concerned(table: Table, claim: Claim) -> str:
    """Return of which decisions a claim says something."""
    if claim.when is None:
        return "every decision"
    return f"where {clean(as_sentence(claim.when, _units(table)))}"


def claimed(claim: Claim) -> str:
    """Return what a claim says of the decisions it is about."""
    if claim.kind == "reaches":
        return f"{' and '.join(claim.routes)} must agree, whatever is missing or broken"
    if claim.kind == "unreachable":
        return f"{' or '.join(claim.routes)} is never asked, where everything is usable"
    if claim.kind == "never":
        return "the agent stops, whatever is missing or broken"
    return "the agent goes ahead, where everything is usable"


def _audits(table: Table) -> tuple[Grid, ...]:
    """Return what a person looks at afterwards, as a part of its own; none where nobody does."""
    found = table.audit
    if found is None:
        return ()
    within = duration_text(found.within_s)
    notes = [
        f"Drawn by lot from what went ahead, and put to {found.to} ({_names(table, found.to)}), "
        f"who should answer within {within}."
    ]
    if found.twice:
        notes.append(f"{percent_text(found.twice)} of them are put to a second person too.")
    if found.at_most_day is not None:
        notes.append(f"Nobody is asked about more than {found.at_most_day} a day.")
    if found.promise is not None:
        notes.append(f"At most {percent_text(found.promise)} of it may turn out wrong.")
    rows = tuple(
        ((severity or "any action",), (f"one in {one_in:,}" if one_in > 1 else "all",))
        for severity, one_in in reversed(found.one_in.items())
    )
    columns = ("How bad a wrong one is", "How many are looked at")
    title = "What a person looks at afterwards"
    return (Grid(title=title, columns=columns, rows=rows, notes=tuple(notes)),)


def _listed(names: tuple[str, ...] | list[str], most: int) -> str:
    """Return names one after the other, those past `most` only counted."""
    shown = ", ".join(clean(name) for name in names[:most])
    rest = len(names) - most
    return f"{shown} and {rest} more" if rest > 0 else shown
