"""Learning what is familiar from labelled rows: read twice, divided, fitted, promised, written.

INVARIANT: nothing is written unless everything before it went well; the old files stay until then.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import msgspec

from handraise.clock import Clock, SystemClock
from handraise.core.familiar.look import CannotLookError
from handraise.core.familiar.model import Encode
from handraise.core.familiar.rates import least_rate
from handraise.core.table.types import Table
from handraise.errors import EncoderError, InputError
from handraise.service.learning.artifact import Manifest, check_place, read_manifest, write_files
from handraise.service.learning.encoders import Encoder, EncoderChoice, fingerprint, open_encoder
from handraise.service.learning.extra import need_learn
from handraise.service.learning.fitting.fit import Fitted, fit
from handraise.service.learning.forecast import leave_types_out, overlaps, promise, stopped_types
from handraise.service.learning.gathering import FOLDER, Gathered, Wanted, gathered, wanted_of
from handraise.service.learning.kept import KeptVectors
from handraise.service.learning.learned_model import FINGERPRINT, MAP, Encoding, map_directions
from handraise.service.learning.packing import packed
from handraise.service.learning.plan import Named, Plan, Progress, Replaced, Report
from handraise.service.learning.splitting import LEAST_OF_TYPE

__all__ = ["FOLDER", "RATE", "Named", "Plan", "Progress", "Report", "learn"]

RATE = 0.02
WORDS = EncoderChoice(kind="words")


def learn(
    plan: Plan, *, clock: Clock | None = None, progress: Progress = lambda _what, _share: None
) -> Report:
    """Learn what is familiar, write the learned files, and return what came of it.

    The same rows give the same files.

    Args:
        plan: what to learn from, and how.
        clock: the time, to be written beside it.
        progress: told what is being done.

    Raises:
        InputError: a file, column or value is not as expected, or there are too few rows.
        TableError: the table has findings that are errors.
        SettingsError: a package is not installed.
        EncoderError: the encoder cannot be reached.
    """
    need_learn()
    needs_none = plan.encoder.kind == "words" or plan.columns.text is None
    encoder = None if needs_none else open_encoder(plan.encoder)
    wanted = wanted_of(plan, progress)
    before = _before(_folder(plan, wanted.table), wanted.table.agent)
    found = gathered(plan, wanted, progress)
    try:
        report = _learned(plan, wanted, found, encoder, clock or SystemClock(), progress)
    except CannotLookError as error:
        raise EncoderError(str(error), "nothing was written; try again") from None
    return msgspec.structs.replace(report, replaced=_replaced(before, report, plan))


def _learned(
    plan: Plan,
    wanted: Wanted,
    found: Gathered,
    encoder: Encoder | None,
    clock: Clock,
    progress: Progress,
) -> Report:
    encode = None if encoder is None else KeptVectors(Encoding(encoder))
    facts = found.counter.facts() if found.counter is not None else None
    fitted = fit(
        found.parts,
        facts,
        encode,
        keep_texts=plan.keep_texts,
        step=lambda what: progress(f"learning {what}", None),
    )
    choice = WORDS if encoder is None else encoder.choice
    report = _report(plan, wanted, found, fitted, encode, choice, progress)
    progress("writing", None)
    manifest = _written(plan, wanted, report, fitted, encoder, clock)
    return msgspec.structs.replace(report, digest=manifest.digest)


def _report(
    plan: Plan,
    wanted: Wanted,
    found: Gathered,
    fitted: Fitted,
    encode: Encode | None,
    choice: EncoderChoice,
    progress: Progress,
) -> Report:
    parts, rate = found.parts, plan.rate or _rate(wanted.table)
    held_out = len(fitted.held_out.whole)
    least = least_rate(held_out)
    progress("leaving types out", None)
    forecast = leave_types_out(parts, found.kinds, encode, rate)
    progress("looking for types that are hard to tell apart", None)
    folder = _folder(plan, wanted.table)
    too_many = found.counter.too_many if found.counter is not None else set()
    return Report(
        folder=folder,
        digest="",
        is_named=_is_named(folder, plan.table, wanted.table),
        rows=found.seen.rows,
        skipped=found.skipped,
        added=found.added,
        reads_text=parts.reads_text,
        fitted=len(parts.fit.asked),
        held_out=len(parts.members.asked) + len(parts.whole.asked),
        types=dict(sorted(found.seen.types.items(), key=lambda one: (-one[1], one[0]))),
        too_small=tuple(found.seen.too_small(LEAST_OF_TYPE)),
        facts=found.kinds,
        present={
            name: one.count / max(found.seen.rows, 1) for name, one in found.seen.facts.items()
        },
        not_learned=wanted.not_learned,
        unchecked=tuple(name for name in found.kinds if name in too_many),
        unpaired=_unpaired(found),
        copies=found.copies,
        conflicts=found.seen.conflicts(),
        rate=rate,
        least_rate=least,
        promise=promise(rate, held_out) if rate >= least else None,
        forecast=forecast,
        stopped_types=stopped_types(fitted, parts.whole, encode, rate),
        overlaps=overlaps(fitted, parts.whole, encode),
        encoder=choice,
        replaced=Replaced(),
    )


def _unpaired(found: Gathered) -> tuple[str, ...]:
    """Return the facts that are not held together with all others, but checked."""
    if found.counter is None:
        return ()
    left_out = found.counter.too_many
    pairs = [pair for pair in found.counter.unpaired if not left_out & set(pair)]
    names = {name for pair in pairs for name in pair}
    return tuple(name for name in found.kinds if name in names)


def _before(folder: Path, agent: str) -> Manifest | None:
    """Return what was learned before and will be replaced; None for nothing.

    Raises:
        InputError: something else stands there, or what another agent learned.
    """
    if not check_place(folder):
        return None
    before = read_manifest(folder)
    other = before.summary.get("agent", agent)
    if other != agent:
        raise InputError(
            f'{folder}: holds what was learned for the agent "{other}"',
            "name a folder of its own with --out, and in the table: known: FOLDER/",
        )
    return before


def _replaced(before: Manifest | None, report: Report, plan: Plan) -> Replaced:
    if before is None:
        return Replaced()
    kept_texts = bool(before.summary.get("keep_texts"))
    return Replaced(
        gone=tuple(type for type in before.types if type not in report.types),
        encoder=before.encoder if before.encoder != report.encoder else None,
        kept_texts=kept_texts if kept_texts != plan.keep_texts else None,
    )


def _rate(table: Table) -> float:
    return min((row.unfamiliar for row in table.rows if row.unfamiliar), default=RATE)


def _written(
    plan: Plan,
    wanted: Wanted,
    report: Report,
    fitted: Fitted,
    encoder: Encoder | None,
    clock: Clock,
) -> Manifest:
    content = packed(fitted.model, fitted.held_out)
    arrays = content.arrays
    if encoder is not None:
        arrays[FINGERPRINT] = fingerprint(encoder)
    directions = map_directions(fitted.model)
    if directions is not None:
        arrays[MAP] = directions
    manifest = Manifest(
        handraise_learned=1,
        folder="",
        digest="",
        files={},
        made_with=version("handraise"),
        made_at=clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        facts=report.facts,
        reads_text=report.reads_text,
        least_rate=report.least_rate,
        encoder=report.encoder,
        types=tuple(sorted(report.types)),
        summary={
            "agent": wanted.table.agent,
            "keep_texts": plan.keep_texts,
            "rows": report.rows,
            "added": report.added,
            "fitted": report.fitted,
            "held_out": report.held_out,
            "types": len(report.types),
            "promise": msgspec.to_builtins(report.promise),
            "forecast": msgspec.to_builtins(report.forecast),
        },
    )
    return write_files(report.folder, manifest, content.meta, arrays)


def _folder(plan: Plan, table: Table) -> Path:
    if plan.folder is not None:
        return plan.folder
    named = table.known.learned.folder if table.known.learned is not None else FOLDER
    return plan.table.parent / named


def _is_named(folder: Path, path: Path, table: Table) -> bool:
    """Whether the table names the folder that is written to."""
    learned = table.known.learned
    return learned is not None and (path.parent / learned.folder).resolve() == folder.resolve()
