"""Turns are taken in turn, and a limit that does not hold is said."""

from itertools import count

from bench.measure import Contestant, Ratio, ratio, take_turns
from bench.report import Figures, Part, as_markdown, compared, part_markdown, renewed


def test_the_contestants_take_turns_and_the_order_turns_with_each_round() -> None:
    order: list[str] = []
    contestants = {
        name: Contestant(run=lambda name=name: order.append(name), calls=1) for name in "ab"
    }
    take_turns(contestants, rounds=3)
    assert order == list("abbaab")


def test_a_call_that_does_the_job_many_times_counts_as_many() -> None:
    watch = count(step=10.0)
    contestants = {"a": Contestant(run=lambda: None, calls=2, jobs=5)}
    assert take_turns(contestants, watch=lambda: next(watch), rounds=1) == {"a": [1.0]}


def test_ratios_are_taken_within_a_round() -> None:
    assert ratio({"a": [1.0, 4.0, 9.0], "b": [1.0, 2.0, 3.0]}, "a", "b") == Ratio(2.0, 1.0, 3.0)


def test_the_report_says_whether_a_limit_holds() -> None:
    samples = {"ours": [1e-6], "theirs": [4e-6]}
    lines = (
        compared(samples, "ours", "theirs", 0.25),
        compared(samples, "ours", "theirs", 0.2),
        compared(samples, "theirs"),
    )
    text = part_markdown(Part(title="Gate", about="One decision.", lines=lines))
    assert "| ours | 1 µs | theirs | 4 µs | **0.25** (0.25 to 0.25) | ≤ 0.25 | yes |" in text
    assert "| ours | 1 µs | theirs | 4 µs | **0.25** (0.25 to 0.25) | ≤ 0.2 | **no** |" in text
    assert "| theirs | 4 µs |  |  |  |  |  |" in text


def figures(title: str, cell: str) -> Figures:
    return Figures(title=title, about="Both.", head=("", "found"), rows=(("ours", cell),))


def test_figures_have_their_own_head() -> None:
    assert part_markdown(figures("Rates", "5 %")) == (
        "## Rates\n\nBoth.\n\n|  | found |\n|---|--:|\n| ours | 5 % |\n"
    )


def test_a_part_measured_again_is_renewed_in_its_place() -> None:
    before = as_markdown([figures("Rates", "5 %"), figures("Times", "1 s")])
    after = renewed(before, [figures("Sizes", "1 MB"), figures("Rates", "4 %")], head=False)
    assert after == as_markdown(
        [figures("Rates", "4 %"), figures("Times", "1 s"), figures("Sizes", "1 MB")]
    )


def test_what_it_was_measured_with_is_renewed_with_the_whole() -> None:
    report = as_markdown([figures("Rates", "5 %")])
    older = report.replace("Measured with", "Long ago measured with")
    assert renewed(older, [], head=False) == older
    assert renewed(older, [], head=True) == report
