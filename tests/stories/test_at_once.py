"""Twenty people answer at the same moment: one answer is taken, nineteen learn whose it was."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from handraise.errors import AlreadyAnsweredError
from tests.support.story import TABLE, UNSURE, Story

HANDS = 20
NAMES = [f"person{number}" for number in range(HANDS)]
PEOPLE = "".join(
    f'  {name}: {{name: "P {name}", contact: "mailto:{name}@example.com"}}\n' for name in NAMES
)
MANY = TABLE.replace("routes:\n", f"{PEOPLE}routes:\n").replace(
    "people: [dana, marc]", f"people: [{', '.join(NAMES)}]"
)
KINDS = ("approve", "reject", "instruct", "take_over", "change")


def test_of_twenty_answers_at_once_one_is_taken(tell: Callable[..., Story], any_url: str):
    story = tell(MANY, url=any_url)
    verdict = story.decide(UNSURE)
    story.expect(("person0", "asked"))
    seen = story.see(verdict)
    barrier = threading.Barrier(HANDS)

    def answer(name: str) -> str:
        kind = KINDS[int(name.removeprefix("person")) % len(KINDS)]
        barrier.wait(timeout=30)
        try:
            story.operation.desk.answer(
                seen.asks[0].id,
                name,
                kind=kind,
                digest=seen.proposal_digest,
                proposal={"refund": 39} if kind == "change" else None,
                reason="because",
                instruction="ask first" if kind == "instruct" else None,
            )
        except AlreadyAnsweredError as error:
            return error.message
        return f"taken: {name}"

    with ThreadPoolExecutor(HANDS) as pool:
        said = list(pool.map(answer, NAMES))

    (taken,) = [one for one in said if one.startswith("taken")]
    first = taken.removeprefix("taken: ")
    ended = story.see(verdict)
    assert ended.resolved_by == first
    assert ended.asks[0].answer is not None
    kind = ended.asks[0].answer.kind.replace("_", " ")
    told = f"{first} answered this ({kind}) at 2026-11-23 10:00:00 UTC"
    assert said.count(told) == HANDS - 1
    answers = [
        event for event in story.operation.store.events(ended.id) if event.kind == "answered"
    ]
    assert [event.who for event in answers] == [first]
    story.cycle()
    if first != "person0":
        story.expect(("person0", "resolved"))
