"""Who else has this open just now, and whether it has moved on since the page was loaded."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from handraise.model import Escalation
from handraise.web.pages.views.standing import faster
from handraise.web.pages.views.words import Reader, sentence


class Others(Struct, frozen=True, kw_only=True):
    """Who else looks.

    Attributes:
        id: of the escalation.
        state: how it stood when the page was loaded, to be compared with.
        words: who has it open too, as a sentence; empty for nobody.
        news: what has become of it since the page was loaded; empty for nothing.
        is_open: whether there is anything to be waited for.
    """

    id: str
    state: str
    words: str = ""
    news: str = ""
    is_open: bool = True


def others_of(
    escalation: Escalation, people: Sequence[str], reader: Reader, before: str = ""
) -> Others:
    """Return who else has an escalation open.

    Args:
        escalation: as it stands now.
        people: who has it open, the reader too.
        reader: who reads.
        before: how it stood when the page was loaded; empty when it is loaded now.
    """
    now = state_of(escalation)
    before = before or now
    return Others(
        id=escalation.id,
        state=before,
        words=_words([one for one in people if one != reader.id], reader),
        news=_news(escalation, reader) if now != before else "",
        is_open=escalation.state == "open",
    )


def state_of(escalation: Escalation) -> str:
    """Return how an escalation stands, in a few letters: by its answers and its proposal."""
    answered = sum(ask.state == "answered" for ask in escalation.asks)
    return f"{answered}-{len(escalation.asks)}-{escalation.state}-{escalation.proposal_digest[:12]}"


def _words(people: Sequence[str], reader: Reader) -> str:
    names = [reader.full_name(one) for one in people[:3]]
    if len(people) > len(names):
        names.append(f"{len(people) - len(names)} more")
    if not names:
        return ""
    listed = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    return f"{listed} {'has' if len(people) == 1 else 'have'} this open too."


def _news(escalation: Escalation, reader: Reader) -> str:
    answered = [ask for ask in escalation.asks if ask.answer is not None]
    latest = max(
        answered, key=lambda ask: ask.answer.at if ask.answer else ask.assigned_at, default=None
    )
    told = faster(escalation, latest.id if latest else "", reader)
    return told or sentence("it has changed since you opened it")
