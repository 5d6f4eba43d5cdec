"""The routing table that the answers make, with the team's reasons as comments beside the rules.

Open points stand beside what they concern as `# OPEN: …`, and once more together at the end.
INVARIANT: whatever the answers hold, the text reads without an error and its tests pass; only an
agent without a last resort has no table.
"""

from __future__ import annotations

from handraise.core.interview.names import comment, listed, quoted, word
from handraise.core.interview.opens import Opens, opens_of
from handraise.core.interview.plan import ActionPlan, PersonPlan, Plan, RolePlan, RowPlan, plan_of
from handraise.core.interview.rows import CasePlan, cases_of, claims_of, rows_of
from handraise.core.interview.taking import cleaned
from handraise.core.interview.workbook import Workbook
from handraise.core.table.edit import number_text
from handraise.errors import InputError
from handraise.model import OWNER

TITLES = {
    "confidence": "it is not sure enough",
    "consequence": "too much is at stake",
    "novelty": "it has never seen such a thing",
}


def missing_of(workbook: Workbook) -> tuple[str, ...]:
    """Return what must be known before any table can be written; empty when all is."""
    plan = plan_of(workbook)
    missing = {
        "what the agent is called": not workbook.known("agent.name"),
        "at least one person": not plan.people,
        "who the last resort is": bool(plan.people) and not plan.owner,
    }
    return tuple(what for what, is_missing in missing.items() if is_missing)


def table_of(workbook: Workbook, file: str = "handraise.yaml") -> str:
    """Return the routing table of the answers.

    Args:
        workbook: what the team has answered.
        file: the name the table will have, for the commands at its head.

    Raises:
        InputError: nobody is named, or no last resort: a table without one does not exist.
    """
    missing = missing_of(workbook)
    if missing:
        raise InputError(f"workbook: not known: {listed(missing)}", "answer that first")
    workbook = cleaned(workbook)
    plan = plan_of(workbook)
    rows = rows_of(plan, workbook)
    opens = opens_of(plan, workbook)
    parts = (
        _head(plan, workbook, opens, file),
        _people(plan, workbook, opens),
        _routes(plan, workbook, opens),
        _severities(plan, opens),
        _actions(plan, workbook, opens),
        _facts(plan, opens),
        _known(plan, opens),
        _escalate(plan, rows, opens),
        _silence(plan, workbook, opens),
        _claims(plan),
        _tests(plan, rows),
        _open_points(opens),
    )
    return "\n".join(part for part in parts if part)


def _head(plan: Plan, workbook: Workbook, opens: Opens, file: str) -> str:
    name = workbook.known("agent.name")
    whom = workbook.known("agent.whom")
    purpose = workbook.known("agent.purpose")
    return (
        comment(f"When {name} stops, and the named human each stop goes to.")
        + comment(
            "Written from the team's workbook: change it there and write it again, or go on"
            " by hand from here."
        )
        + "#   handraise check     finds what is wrong with this file\n"
        "#   handraise test      tries the tests below\n"
        "#   handraise table     prints it in plain words\n"
        f"handraise: 1\nagent: {word(plan.agent)}\n"
        + (f"purpose: {quoted(purpose)}\n" if purpose else "")
        + (comment(f"For whom: {whom}") if whom else "")
        + opens.of("agent")
        + f"owner: {word(plan.owner)}   # the last resort: whatever nobody else takes ends here\n"
        + opens.of("silence", "owner")
    )


def _people(plan: Plan, workbook: Workbook, opens: Opens) -> str:
    return "people:\n" + "".join(_person(one, workbook, opens) for one in plan.people)


def _person(person: PersonPlan, workbook: Workbook, opens: Opens) -> str:
    text = f"  {word(person.id)}:\n    name: {quoted(person.name)}\n"
    text += f"    contact: {quoted(person.contact)}\n"
    if workbook.known(f"{person.path}.hours"):
        text += f"    hours: {quoted(person.hours)}\n"
    if person.zone:
        text += f"    zone: {quoted(person.zone)}\n"
    if person.capacity is not None:
        text += f"    capacity: {person.capacity} a day\n"
    return text + opens.of(person.path, indent=4)


def _routes(plan: Plan, workbook: Workbook, opens: Opens) -> str:
    auditor = _auditor(plan)
    if not plan.roles:
        lead = f"  last_in_line:   # nobody was named yet\n    people: [{word(plan.owner)}]\n"
        return "routes:\n" + lead + auditor + opens.of("roles", indent=4)
    lead = "routes:   # people in order; when a deadline passes, the next one has it\n"
    return lead + "".join(_route(one, workbook, opens) for one in plan.roles) + auditor


def _auditor(plan: Plan) -> str:
    """Return the route of whoever looks at a sample; nothing for nobody, and the last resort."""
    audit = plan.audit
    if audit is None or audit.route == OWNER:
        return ""
    why = "   # looks at a sample of what it does alone"
    return f"  {word(audit.route)}:{why}\n    people: [{word(audit.person)}]\n"


def _route(role: RolePlan, workbook: Workbook, opens: Opens) -> str:
    context = workbook.known(f"{role.path}.context")
    text = f"  {word(role.id)}:\n"
    text += comment(f"{role.name} must see: {context}" if context else role.name, 4)
    text += f"    people: [{', '.join(word(one) for one in role.people)}]\n"
    text += f"    acknowledge_within: {role.acknowledge}\n    decide_within: {role.decide}\n"
    if role.needs > 1:
        text += "    needs: 2   # four eyes: each agrees for themselves\n"
    if role.expected is not None:
        text += f"    # expected: {role.expected} a day\n"
    return text + opens.of(role.path, indent=4)


def _severities(plan: Plan, opens: Opens) -> str:
    named = [
        comment(f"{id}: {name}")
        for id, name in zip(plan.level_ids, plan.levels, strict=True)
        if id != name
    ]
    levels = ", ".join(word(id) for id in plan.level_ids)
    text = f"severities: [{levels}]   # how bad a mistake is, the least bad first\n"
    return "".join(named) + text + opens.of("actions", "levels")


def _actions(plan: Plan, workbook: Workbook, opens: Opens) -> str:
    if not plan.actions:
        return opens.of("actions", "name")
    lead = "actions:   # all that it may do; anything else always stops\n"
    return lead + "\n".join(_action(plan, one, workbook, opens) for one in plan.actions)


def _action(plan: Plan, action: ActionPlan, workbook: Workbook, opens: Opens) -> str:
    wrong = workbook.known(f"{action.path}.wrong")
    undo = {"yes": "easily undone", "with effort": "undone with effort", "no": "cannot be undone"}
    undone = undo.get(workbook.known(f"{action.path}.undo"), "")
    text = comment(action.name, 2)
    text += comment(f"If it goes wrong: {wrong}", 2) if wrong else ""
    text += comment(f"Once done: {undone}", 2) if undone else ""
    text += f"  {word(action.id)}: {word(plan.level_ids[action.level])}\n"
    return text + opens.of(action.path, indent=2)


def _facts(plan: Plan, opens: Opens) -> str:
    moving = [action for action in plan.actions if action.field]
    if not moving:
        return ""
    sources = "".join(f"      {word(one.id)}: proposal.{one.field}\n" for one in moving)
    unit = f"    unit: {quoted(plan.unit)}\n" if plan.unit else ""
    return (
        f"facts:\n  {plan.fact}:\n    type: number\n{unit}"
        "    about: money that the decision moves, in either direction\n"
        "    from:   # read from what would be done, not from what the agent says\n"
        f"{sources}    otherwise: 0\n" + opens.of("actions", "unit", indent=4)
    )


def _known(plan: Plan, opens: Opens) -> str:
    lead = "known:   # the requests it was made for; any other one is new\n"
    types = "".join(f"  - {quoted(one)}\n" for one in plan.types)
    return lead + types + opens.of("requests", indent=2)


def _escalate(plan: Plan, rows: tuple[RowPlan, ...], opens: Opens) -> str:
    text = "escalate:   # the agent stops when any one of these holds\n"
    for condition, title in TITLES.items():
        text += f"  {condition}:   # {title}\n"
        for row in rows:
            if row.condition == condition:
                text += "".join(comment(why, 4) for why in row.why)
                text += f"    - {_row(row)}\n"
        if condition == "consequence" and all("severity" not in row.fields for row in rows):
            text += _unused_severity(plan)
    return text + opens.of("actions", indent=2) + opens.of("stops", indent=2)


def _unused_severity(plan: Plan) -> str:
    """Return the row about severe actions as a comment: there is none it could be tried on."""
    if not plan.actions:
        return ""
    row = f"{{severity: {word(plan.level_ids[plan.severe_from])}, to: {plan.goes_to['severe']}}}"
    return f"    # to be added with the first action that is rated so badly:\n    # - {row}\n"


def _row(row: RowPlan) -> str:
    plain = {"below", "for", "severity", "unknown"}
    fields = [
        f"{key}: {word(value) if key in plain else quoted(value)}"
        for key, value in row.fields.items()
    ]
    return f"{{{', '.join([*fields, f'to: {word(row.to)}'])}}}"


def _silence(plan: Plan, workbook: Workbook, opens: Opens) -> str:
    unanswered = workbook.known("silence.unanswered") or "hold"
    ends = {"hold": "it stays stopped, and the last resort is reminded", "reject": "it is refused"}
    silent = workbook.known("silence.silent_after") or "10m"
    return (
        f"unanswered: {unanswered}   # {ends[unanswered]}\n"
        f"watch: {{silent_after: {silent}}}   # after that the agent itself is stuck\n"
        + _audit(plan, workbook)
        + opens.of("silence")
    )


def _audit(plan: Plan, workbook: Workbook) -> str:
    """Return who looks at a sample of what went ahead; in words where it is not known at which."""
    checks, audit = workbook.known("silence.checks"), plan.audit
    if audit is None:
        return comment(f"Of what it does alone, {checks} looks at a sample.") if checks else ""
    how = f"one_in: {audit.one_in}, to: {word(audit.route)}, twice: 0"
    return f"audit: {{{how}}}   # drawn by lot from what it does alone\n"


def _claims(plan: Plan) -> str:
    claims = "".join(
        f"  - name: {quoted(one.name)}\n    when: {quoted(one.when)}\n    reaches: {word(one.to)}\n"
        for one in claims_of(plan)
    )
    return f"claims:   # handraise prove proves them for every possible decision\n{claims}" * bool(
        claims
    )


def _tests(plan: Plan, rows: tuple[RowPlan, ...]) -> str:
    cases = "".join(_case(one) for one in cases_of(plan, rows))
    return f"tests:   # tried on every change\n{cases}"


def _case(case: CasePlan) -> str:
    example = case.example
    given = [
        f"type: {quoted(example.type)}",
        f"confidence: {number_text(float(example.confidence))}",
    ]
    if example.action is not None:
        given.insert(1, f"action: {word(example.action.id)}")
        if example.action.field:
            amount = number_text(float(example.amount)).removesuffix(".0")
            given.append(f"proposal: {{{word(example.action.field)}: {amount}}}")
    routes = ", ".join(word(one) for one in case.routes)
    expect = f"{{escalate: [{routes}]}}" if case.routes else "proceed"
    return (
        f"  - name: {quoted(case.name)}\n    given: {{{', '.join(given)}}}\n    expect: {expect}\n"
    )


def _open_points(opens: Opens) -> str:
    if not opens.said:
        return ""
    lines = "".join(comment(f"{n}. {one}", hang=3) for n, one in enumerate(opens.said, 1))
    return comment("What is still open, all together:") + lines
