"""Growth: what ten and a hundred times the rows take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.familiar.apart import apart
from bench.familiar.asking import learned_and_asked
from bench.familiar.requests import ENCODERS, cost_cells
from bench.familiar.sources import Requests, clinc, grown
from bench.report import Figures

SIZES = (1_500, 15_000, 150_000)

ABOUT = """\
CLINC150's training rows: the first tenth of each type, all, and ten times as many, of which nine
tenths are variants that lack some words and have two others in each other's place. The last fifth
of each type is held out; at most 30,000 rows are fitted and 20,000 calibrate, so that from there on
only reading and dividing the rows goes on growing. Each in a fresh process on one core with one
thread; processor time as above."""


def run() -> Iterator[Figures]:
    """Yield the one part."""
    yield figures(clinc(held_out=False), SIZES, ENCODERS)


def figures(requests: Requests, sizes: Sequence[int], encoders: Sequence[str]) -> Figures:
    """Return what it takes to learn so many rows with each encoder, and to ask them."""
    cells = [
        (
            f"{size:,} rows; `{encoder}`",
            *cost_cells(
                apart(
                    learned_and_asked,
                    requests._replace(fitted=grown(requests.fitted, size)),
                    encoder,
                )[0]
            ),
        )
        for encoder in encoders
        for size in sizes
    ]
    return Figures(
        title="What is familiar: growth",
        about=ABOUT,
        head=("", "fitted", "learn", "memory", "files", "load", "alone", "95 %", "of 500"),
        rows=tuple(cells),
    )
