"""What audits say, in sentences: for the page, the terminal and the weekly summary.

INVARIANT: no figure of a single person, and nothing of what a decision was about, stands in them.
"""

from __future__ import annotations

from handraise.core.monitor.audits import Estimate
from handraise.service.auditing.estimating import Alone, Window
from handraise.service.watch.words import counted, percent


def headline(alone: Alone) -> str:
    """Return what goes wrong alone in one sentence."""
    found, agent = alone.estimate, alone.agent
    if found.rate is None:
        if not alone.is_audited:
            return (
                f"Nobody looks at what {agent} decides alone: the table draws nothing"
                " (`audit: {one_in: 200, to: ...}`)."
            )
        if alone.young and not found.pending:
            return (
                f"What {agent} decided alone is too fresh to say how much of it is wrong:"
                " people still have time to look."
            )
        return (
            f"Nobody has looked yet at what {agent} decides alone: what goes wrong is not known."
            f"{_speaks_of(alone)}"
        )
    return (
        f"{percent(found.rate)} of what {agent} decides alone is wrong, as far as people looked;"
        f" 95 % certain at most {percent(found.bound)}.{_speaks_of(alone)}"
    )


def _speaks_of(alone: Alone) -> str:
    """Return of which decisions it speaks, and how many of those nobody looked at."""
    found = alone.estimate
    drawn = found.right + found.wrong + found.unclear + found.pending
    if not drawn:
        return ""
    words = f" It speaks of decisions until {alone.until:%-d %b %Y, %H:%M} UTC"
    if not found.pending:
        return f"{words}."
    verbs = ("was", "counts") if found.pending == 1 else ("were", "count")
    return (
        f"{words}; {found.pending:,} of {drawn:,} {verbs[0]} not looked at in time and"
        f" {verbs[1]} as wrong in the bound."
    )


def against_promise(alone: Alone) -> str:
    """Return how that stands to what was promised."""
    if alone.promise is None:
        return (
            "Nothing is promised to hold it against: write `promise: 2%` into the table's audit"
            " line, or keep the calibration beside the table."
        )
    promised = f"At most {percent(alone.promise.rate)} is promised by {alone.promise.source}"
    found = alone.estimate
    if found.rate is None:
        return f"{promised}."
    if found.floor > alone.promise.rate:
        return f"{promised}: it is broken, at least {percent(found.floor)} is wrong."
    if found.bound <= alone.promise.rate:
        return f"{promised}: it is kept."
    return f"{promised}: too few were looked at to say whether it is kept."


def beside(alone: Alone) -> list[str]:
    """Return what else must be known to read it rightly, a sentence each."""
    found, lines = alone.estimate, []
    if alone.waiting:
        late = f", {alone.late:,} of them late" if alone.late else ""
        lines.append(
            f"{counted(alone.waiting, 'look')} not answered{late}: what is late counts as wrong in"
            " the most it may be, what is not late is not counted yet."
        )
    if found.unclear:
        lines.append(
            f"{counted(found.unclear, 'decision')} of which nobody can tell, or people disagree:"
            " these count as wrong in the most it may be."
        )
    if found.rate is not None and found.unseen > 0:
        lines.append(
            f"{percent(found.unseen)} of what went ahead is of severities that nobody looked at:"
            " it counts as wrong in the most it may be."
        )
    if alone.left_out:
        lines.append(
            f"{counted(alone.left_out, 'decision')} left out by lot in 90 days: more are drawn than"
            " people have room for."
        )
    return [*lines, *agreeing(alone)]


def agreeing(alone: Alone) -> list[str]:
    """Return how far people agree with each other, and with the agent."""
    lines = []
    if alone.agreement.pairs:
        lines.append(
            f"Of {counted(alone.agreement.pairs, 'decision')} that two people looked at they agree"
            f" on {alone.agreement.alike:,}{_alpha(alone.agreement.alpha)}."
        )
    if alone.blind.pairs:
        lines.append(
            f"Asked first what they would have done, people said what the agent did for"
            f" {alone.blind.alike:,} of {alone.blind.pairs:,}{_alpha(alone.blind.alpha)}."
        )
    return lines


def name_of_window(window: Window) -> str:
    """Return what a stretch of time is called."""
    if window.days is None:
        return "since this version is in force"
    return f"the last {window.days} days"


def rate_words(found: Estimate) -> str:
    """Return the rate of an estimate; `not known` where nothing was found right or wrong."""
    return "not known" if found.rate is None else percent(found.rate)


def _alpha(alpha: float | None) -> str:
    return "" if alpha is None else f" (Krippendorff's alpha {alpha:.2f}; 1 is all, 0 is by chance)"
