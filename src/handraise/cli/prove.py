"""`prove`: whether what a table claims holds for every decision that could ever come."""

from __future__ import annotations

from typing import Annotated

import typer

from handraise.cli.options import DEFAULT_TABLE, AsJson, ManyTables
from handraise.cli.output import DONE, FAILED, say_json, say_lines
from handraise.cli.proved import is_sound, json_of, lines_of, lines_of_limits
from handraise.errors import InputError

TIMEOUT = "10s"

Timeout = Annotated[
    str,
    typer.Option(
        "--timeout",
        metavar="DURATION",
        help="How long one question of a proof may take; all of a table's, six times as long.",
    ),
]


def prove(tables: ManyTables = None, timeout: Timeout = TIMEOUT, as_json: AsJson = False) -> None:
    """Prove a table's claims for every possible decision, or show one that breaks them.

    Beside its own claims it proves what must hold of any table, e.g. that no decision
    with a missing or unusable value goes ahead. Ends with 1 when one is refuted or open that
    an agent should not go live with.
    """
    from handraise.service.extras import need_prove
    from handraise.service.reading.tables import open_table, tables_in

    limit_s = timeout_s(timeout)
    found = [(path, open_table(path)[0]) for path in tables_in(tables or [DEFAULT_TABLE])]
    need_prove()
    from handraise.core.proof.prove import LIMITS
    from handraise.core.proof.prove import prove as proved

    results = [(path, table, proved(table, timeout_s=limit_s)) for path, table in found]
    ok = all(is_sound(one) for _, _, one in results)
    if as_json:
        tables_told = [json_of(*one) for one in results]
        say_json({"ok": ok, "tables": tables_told, "limits": LIMITS})
    else:
        lines = [line for one in results for line in lines_of(*one)]
        say_lines((*lines, *lines_of_limits(LIMITS)))
    raise typer.Exit(DONE if ok else FAILED)


def timeout_s(written: str) -> float:
    """Return how many seconds a proof may take.

    Raises:
        InputError: it is no duration.
    """
    from handraise.core.table.units import UnitProblem, seconds

    try:
        return seconds(written)
    except UnitProblem as problem:
        raise InputError(f"--timeout: {problem}", "e.g. --timeout 30s") from None
