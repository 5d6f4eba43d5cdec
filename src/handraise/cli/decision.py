"""`try`: what the gate would say to a decision. A rehearsal: nothing is kept, nobody is told."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handraise.cli.options import DEFAULT_TABLE, AsJson, OneTable, one_table
from handraise.cli.output import DONE, ESCALATED, say, say_json
from handraise.errors import InputError

if TYPE_CHECKING:
    from handraise.core.table.types import Table
    from handraise.model import Decision, Verdict

EXAMPLE = """--decision '{"type": "refund_request", "confidence": 0.9}'"""


def judge(
    table: OneTable = DEFAULT_TABLE,
    decision: Annotated[
        str,
        typer.Option(
            "--decision",
            "-d",
            metavar="JSON|@FILE|-",
            help="The decision as JSON; @FILE reads it from a file, - from stdin.",
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Try a decision: would the agent go ahead?

    Says why it would stop, and whom it would meet. Always a rehearsal. Ends with 0
    for proceed and 3 for escalate.
    """
    from handraise.service.reading.tables import open_table

    path = one_table(table)
    found, _ = open_table(path)
    verdict = _judged(found, _decision(decision), path.parent)
    if as_json:
        say_json(verdict_json(verdict))
    else:
        _say_verdict(found, verdict, path.parent)
    raise typer.Exit(ESCALATED if verdict.escalated else DONE)


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """Return what `try --json` says of a verdict."""
    return {
        "verdict": verdict.outcome,
        "routes": verdict.routes,
        "tags": verdict.tags,
        "reasons": [_reason(reason) for reason in verdict.reasons],
        **({} if verdict.familiarity is None else {"familiarity": verdict.familiarity}),
    }


def _reason(reason: Any) -> dict[str, str]:
    names = ("row", "condition", "route", "observed", "limit", "sentence")
    return {name: getattr(reason, name) for name in names}


def _judged(table: Table, decision: Decision, folder: Path) -> Verdict:
    """Return the verdict, with the faults that the gate adds for what cannot be kept exactly."""
    from handraise.core.gate.compile import compile_table
    from handraise.core.gate.digest import plain_decision
    from handraise.core.gate.explain import system_reason, with_reasons
    from handraise.service.reading.learned import familiar_beside

    familiar = familiar_beside(table, folder)
    verdict = compile_table(table, rehearsal=True, familiar=familiar)(decision)
    _, notes = plain_decision(decision)
    is_kept = verdict.escalated or decision.key is not None or decision.case is not None
    if not notes or not is_kept:
        return verdict
    faults = [system_reason("fault", f"could not be kept exactly: {one}") for one in notes[:5]]
    return with_reasons(table, verdict, *faults)


def _decision(written: str) -> Decision:
    """Return the decision of an option's value.

    Raises:
        InputError: it is missing, no JSON, no object, or has a field that no decision has.
    """
    from handraise.core.table.expression import nearest
    from handraise.model import Decision

    text, place = _text(written)
    try:
        fields = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"{place}:{error.lineno}:{error.colno}"
        raise InputError(f"{where}: not JSON ({error.msg.lower()})", f"e.g. {EXAMPLE}") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{place}: not usable JSON ({error})", f"e.g. {EXAMPLE}") from None
    if not isinstance(fields, dict):
        raise InputError(f"{place}: a decision is a JSON object", f"e.g. {EXAMPLE}")
    for name in fields:
        if name not in Decision.__struct_fields__:
            among = list(Decision.__struct_fields__)
            hint = nearest(name, among, f"it has {', '.join(among)}")
            raise InputError(f'{place}: a decision has no field "{name}"', hint)
    return Decision(**fields)


def _text(written: str) -> tuple[str, str]:
    """Return the JSON text and what to call its place."""
    if not written.strip():
        raise InputError("--decision: there is no decision to try", f"e.g. {EXAMPLE}")
    if written == "-":
        return sys.stdin.read(), "stdin"
    if not written.startswith("@"):
        return written, "--decision"
    path = Path(written[1:])
    try:
        return path.read_text(encoding="utf-8-sig"), str(path)
    except UnicodeDecodeError:
        raise InputError(f"{path}: not UTF-8 text", "save it as UTF-8") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None


def _say_verdict(table: Table, verdict: Verdict, folder: Path) -> None:
    if not verdict.escalated:
        say("proceed: no row holds, the agent goes ahead", bold=True)
        return
    say("escalate: the agent stops", bold=True)
    for reason in verdict.reasons:
        tag = f" [{reason.tag}]" if reason.tag else ""
        say(f"  {reason.row}: {reason.sentence} → {reason.route}{tag}")
    every = len(verdict.routes) > 1
    say("These must all agree:" if every else "This must be decided by:")
    for route in verdict.routes:
        say(f"  {route}: {_people(table, route, folder)}")


def _people(table: Table, route: str, folder: Path) -> str:
    """Return who would be asked: the route's people in order, its deadlines, and who has it now."""
    from handraise.clock import SystemClock
    from handraise.core.duty import Directory, pick
    from handraise.core.table.units import duration_text
    from handraise.model import PersonState
    from handraise.service.reading.rotas import shifts_beside

    names = [table.people[id].name for id in table.route_people(route)]
    at = SystemClock().now()
    shifts = shifts_beside(table, folder, at)
    states = {id: PersonState(shifts=shifts.get(id, ())) for id in table.people}
    chosen = pick(table, route, Directory(owner=table.owner, states=states), (), at)
    now = table.people[chosen.person].name
    text = ", then ".join(names)
    if route in table.routes:
        within = table.routes[route]
        text += f" (takes it within {duration_text(within.acknowledge_within_s)}, "
        text += f"decides within {duration_text(within.decide_within_s)})"
        text += f"; {within.needs} of them must agree" if within.needs > 1 else ""
    if not chosen.skipped:
        return text
    off = ", ".join(f"{table.people[one.person].name} {one.why}" for one in chosen.skipped)
    return f"{text}\n    just now that is {now}: {off}"
