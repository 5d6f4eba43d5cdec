"""The protocol of an exercise as one page: to be read, printed, sent, and checked afterwards.

The page carries two signed statements in its head: the protocol itself, and that the page shows it.
INVARIANT: a page in which one character was changed afterwards is not taken for the one that was
signed.
"""

from __future__ import annotations

import hashlib
import re
from importlib.metadata import version

from msgspec import Struct

from handraise.service.rehearsing.protocol import METHOD, Asked, Protocol, protocol_in
from handraise.service.rehearsing.words import (
    ENDED,
    after_words,
    agreement_sentence,
    alpha_words,
    answer_words,
    counted,
    differing,
    expectation_words,
    joined,
    late,
    name_of,
    own_words,
    pairs_words,
    route_words,
    tame,
    unanswered,
    unclear,
    value_words,
    verdict_words,
)
from handraise.service.reporting.page import Block, Cell, Grid, Note, Page, Points, Section, Tile
from handraise.service.reporting.report import page_html
from handraise.service.reporting.words import instant
from handraise.service.secrets import Signer

PAGE_STATEMENT = "rehearsal page"
NAMES = ("handraise-protocol", "handraise-page")
_META = re.compile(
    rf'<meta name="({"|".join(NAMES)})" content="([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+){{2}})">\n'
)
HEAD = "</head>"


class Checked(Struct, frozen=True, kw_only=True):
    """What a page turned out to be.

    Attributes:
        protocol: what was signed; None where nothing of it was signed by this operation.
        is_whole: whether the page is, to the last character, the one that was signed with it.
    """

    protocol: Protocol | None
    is_whole: bool


def protocol_html(protocol: Protocol, statement: str, signer: Signer) -> str:
    """Return a protocol as a page of HTML that needs nothing else, and says who signed it.

    Args:
        protocol: what was signed.
        statement: the signed protocol.
        signer: the operation's; signs that the page shows it.
    """
    page = page_html(page_of(protocol, statement))
    shows = {"statement": PAGE_STATEMENT, "page": _digest(page), "protocol": _digest(statement)}
    signed = (statement, signer.sign(shows))
    lines = [
        f'<meta name="{name}" content="{one}">\n' for name, one in zip(NAMES, signed, strict=True)
    ]
    return _with_statements(page, "".join(lines))


def _with_statements(page: str, lines: str) -> str:
    """Return a page with the statements about it at the end of its head."""
    return page.replace(HEAD, lines + HEAD, 1)


def checked(html: str, signer: Signer) -> Checked:
    """Return what a page turned out to be: whether it was signed, and is whole.

    The statements, which no digest covers, must stand where they were written.
    """
    found: list[tuple[str, str]] = _META.findall(html)
    if tuple(name for name, _ in found) != NAMES:
        return Checked(protocol=None, is_whole=False)
    statement, shows = (content for _, content in found)
    protocol = protocol_in(statement, signer)
    said = signer.verified(shows) or {}
    page = _META.sub("", html)
    lines = "".join(one.group() for one in _META.finditer(html))
    expected = {
        "statement": PAGE_STATEMENT,
        "page": _digest(page),
        "protocol": _digest(statement),
    }
    is_shown = said == expected and _with_statements(page, lines) == html
    return Checked(protocol=protocol, is_whole=protocol is not None and is_shown)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def page_of(protocol: Protocol, statement: str) -> Page:
    """Return what stands on the page of a protocol."""
    given = sum(answer.kind is not None for answer in protocol.answers)
    sections = (
        _people(protocol),
        _agreement(protocol),
        _questions(protocol),
        _open_ends(protocol),
        _aside(protocol),
        _made(protocol, statement),
    )
    return Page(
        title=f"Exercise of {tame(protocol.agent, 80)}, {instant(protocol.started_at)}",
        agent=tame(protocol.agent, 80),
        purpose="",
        lead=_lead(protocol),
        verdict=verdict_words(protocol),
        notices=_notices(protocol),
        tiles=(
            Tile(figure=f"{given} of {len(protocol.answers)}", words="answers in time"),
            Tile(figure=pairs_words(protocol.agreement), words="of answers agree"),
            Tile(figure=str(len(differing(protocol))), words="questions on which people differ"),
            Tile(figure=str(len(unclear(protocol))), words="comments on what was unclear"),
        ),
        sections=sections,
        foot=f"Handraise {version('handraise')}. An exercise: nothing was done, nothing counts.",
        what="Protocol of an exercise",
    )


def _lead(protocol: Protocol) -> str:
    return (
        f"{name_of(protocol, protocol.by)} began it {instant(protocol.started_at)}; it ended "
        f"{instant(protocol.ended_at)}, as {ENDED[protocol.ended_why]}. Its decisions: "
        f"{tame(protocol.source)}, judged by version {protocol.version}."
    )


def _notices(protocol: Protocol) -> tuple[str, ...]:
    told = [one.name for one in protocol.people.values() if one.told_at is None]
    found = [f"No channel took the message to {tame(name, 80)}." for name in told]
    if names := late(protocol):
        found.append(f"{tame(joined(names))} had not answered everything when it ended.")
    found += [f"{tame(id, 80)} {why}, and was not asked." for id, why in protocol.absent.items()]
    return tuple(found)


def _people(protocol: Protocol) -> Section:
    rows = []
    for id, one in protocol.people.items():
        times = [
            answer.answered_at
            for answer in protocol.answers
            if answer.person == id and answer.answered_at is not None
        ]
        rows.append(
            (
                Cell(tame(one.name, 80)),
                Cell(instant(one.told_at) if one.told_at else "never"),
                Cell(str(one.asked), is_number=True),
                Cell(str(one.answered), is_number=True),
                Cell(instant(min(times)) if times else "–"),
                Cell(instant(max(times)) if times else "–"),
            )
        )
    names = ("Person", "Told", "Questions", "Answered", "First answer", "Last answer")
    grid = Grid(
        caption="What each person was asked, and when they answered",
        columns=names,
        rows=tuple(rows),
    )
    return Section(id="people", title="Who took part", blocks=(grid,))


def _agreement(protocol: Protocol) -> Section:
    parts = [("all questions", protocol.agreement)]
    parts += [(f"route {route_words(route)}", found) for route, found in protocol.by_route.items()]
    parts += [(f"row {row}", found) for row, found in protocol.by_row.items()]
    rows = tuple(
        (
            Cell(tame(name, 80)),
            Cell(pairs_words(found), is_number=True),
            Cell(str(found.compared), is_number=True),
            Cell(alpha_words(found), is_number=True),
        )
        for name, found in parts
    )
    columns = ("Of", "Pairs that agree", "Answers compared", "Krippendorff's alpha")
    blocks: list[Block] = [
        Note(agreement_sentence(protocol.agreement)),
        Grid(caption="Agreement", columns=columns, rows=rows),
        Note(METHOD),
    ]
    if found := differing(protocol):
        names = tuple(f"{one.number}. {tame(one.name)}" for one in found)
        blocks[1:1] = [Note("People differ on these questions:"), Points(names)]
    return Section(id="agreement", title="Where people agree", blocks=tuple(blocks))


def _questions(protocol: Protocol) -> Section:
    blocks: list[Block] = []
    for question in protocol.questions:
        blocks += _question(protocol, question)
    return Section(id="questions", title="The questions and their answers", blocks=tuple(blocks))


def _question(protocol: Protocol, question: Asked) -> list[Block]:
    decision = question.decision
    action = decision.action if isinstance(decision.action, str) else "no usable action"
    proposal = "" if decision.proposal is None else f" {value_words(decision.proposal)}"
    lines = [f"What it would do: {tame(action, 80)}{proposal}"]
    lines += [f"It stopped at {reason.row}: {tame(reason.sentence)}" for reason in question.reasons]
    lines += expectation_words(question)
    rows = tuple(
        (
            Cell(name_of(protocol, one.person), below=joined(list(map(route_words, one.routes)))),
            Cell(answer_words(one)),
            Cell(own_words(one) or "–"),
            Cell(after_words(protocol, one)),
        )
        for one in question.answers
    )
    differs = " (people differ)" if question.alike < question.pairs else ""
    grid = Grid(
        caption=f"{question.number}. {tame(question.name)}{differs}",
        columns=("Person", "Answer", "Their words", "After"),
        rows=rows,
    )
    return [grid, Points(tuple(lines))]


def _open_ends(protocol: Protocol) -> Section:
    blocks: list[Block] = []
    for words, lines in (
        ("What was unclear:", unclear(protocol)),
        ("What was never answered:", unanswered(protocol)),
    ):
        if lines:
            blocks += [Note(words), Points(lines)]
    if not blocks:
        blocks.append(Note("Everything was answered, and nobody found anything unclear."))
    return Section(id="open", title="What was unclear, and what stayed open", blocks=tuple(blocks))


def _aside(protocol: Protocol) -> Section:
    blocks: list[Block] = []
    if protocol.went_ahead:
        count = counted(len(protocol.went_ahead), "decision goes", "decisions go")
        blocks += [
            Note(f"{count} ahead without anybody:"),
            Points(tuple(map(tame, protocol.went_ahead))),
        ]
    if protocol.left_out:
        lines = [f"{tame(name)}: {tame(why)}" for name, why in protocol.left_out.items()]
        blocks += [Note("Stopped, and not put to anybody:"), Points(tuple(lines))]
    if not blocks:
        blocks.append(Note("Every decision was put to people."))
    return Section(id="aside", title="What nobody was asked", blocks=tuple(blocks))


def _made(protocol: Protocol, statement: str) -> Section:
    lines = (
        f"Rehearsal {protocol.id}.",
        f"SHA-256 of the signed protocol: {_digest(statement)}; it stands in the record, too.",
        "The signed protocol is in the head of this page: handraise rehearse --verify FILE says "
        "whether this operation signed it, and whether a character of the page was changed since.",
        "A print or PDF of it cannot be checked by itself: compare the digest, or keep the page.",
    )
    return Section(id="made", title="How to check this page", blocks=(Points(lines),))
