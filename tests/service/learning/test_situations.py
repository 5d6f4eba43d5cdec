"""New situations: which belong together, who may say what they are, and what comes of it."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Any
from zlib import crc32

import numpy as np
import pytest
from numpy.typing import NDArray

from handraise.errors import AccessError, InputError, NotFoundError, SettingsError
from handraise.service.learning.grouping import clusters_of, letters_of, vectors_of, words_apart
from handraise.service.learning.situations import Group, Situations
from tests.support.story import AGENT, Story, begun

story = pytest.fixture(begun)

SHELLS = ("can I pay with shells", "can I pay my bill with shells", "I want to pay with shells")
GOATS = ("who feeds the goat today", "who feeds the goat on Sunday")
STRAY = "the printer is on fire"
RIDDLE = {"type": "riddle", "action": "send_reply", "confidence": 0.95, "proposal": {}}


def encode(texts: Sequence[str]) -> NDArray[np.float64]:
    """Return unit vectors of which words a text has."""
    found = np.zeros((len(texts), 256))
    for row, text in zip(found, texts, strict=True):
        for word in re.findall(r"\w+", text.casefold()):
            row[crc32(word.encode()) % 256] = 1
    return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1)


@pytest.fixture
def situations(story: Story) -> Situations:
    return Situations(story.operation.store, story.operation.shelf, story.clock)


def answered(story: Story, text: str | None, kind: str = "approve", **fields: Any) -> str:
    """Return the escalation of an unfamiliar request that its holder has answered."""
    number = len(story.operation.store.escalations(limit=1000))
    verdict = story.decide({**RIDDLE, "text": text, "case": f"case {number}", **fields})
    story.answer(verdict, "dana", kind)
    return verdict.escalation_id or ""


def shape(groups: list[Group]) -> list[tuple[int, tuple[str, ...]]]:
    return [(one.count, one.escalation_ids) for one in groups]


def test_what_is_alike_is_a_group_and_the_rest_stands_alone(story: Story, situations: Situations):
    goats = [answered(story, text) for text in GOATS]
    stray = answered(story, STRAY, type="noise")
    shells = [answered(story, text, "reject") for text in SHELLS]
    mute = answered(story, None)

    groups = situations.groups(AGENT, encode)

    assert shape(groups) == [
        (3, tuple(shells)),
        (2, tuple(goats)),
        (1, (stray,)),
        (1, (mute,)),
    ]
    first, _, alone, without = groups
    assert first.examples[0] in SHELLS
    assert sorted(first.examples) == sorted(SHELLS)
    assert set(first.words) >= {"pay", "shells"}
    assert "goat" not in first.words
    assert (first.types, first.outcomes) == ({"riddle": 3}, {"rejected": 3})
    assert (first.is_alone, alone.is_alone) == (False, True)
    assert (alone.types, alone.examples) == ({"noise": 1}, (STRAY,))
    assert (without.examples, without.words) == ((), ())
    assert first.newest_at == story.clock.now()


def test_a_group_keeps_its_id_until_one_joins_it(story: Story, situations: Situations):
    for text in SHELLS:
        answered(story, text)
    before = situations.groups(AGENT, encode)[0]
    answered(story, STRAY)

    assert situations.groups(AGENT, encode)[0].id == before.id
    assert situations.group(AGENT, before.id, encode) == before
    answered(story, SHELLS[0])
    with pytest.raises(NotFoundError, match="no group"):
        situations.group(AGENT, before.id, encode)


def test_small_groups_are_taken_apart_on_demand(story: Story, situations: Situations):
    for text in (*SHELLS, *GOATS):
        answered(story, text)

    counts = [one.count for one in situations.groups(AGENT, encode, 3)]

    assert counts == [3, 1, 1]


def test_nothing_new_is_no_group(story: Story, situations: Situations):
    story.decide({**RIDDLE, "text": "still open"})

    assert situations.groups(AGENT, encode) == []
    only = answered(story, STRAY)
    assert shape(situations.groups(AGENT, encode)) == [(1, (only,))]
    assert situations.groups(AGENT, encode, since=story.clock.advance(minutes=1)) == []


def test_texts_without_a_vector_are_like_nothing(story: Story, situations: Situations):
    for _ in range(3):
        answered(story, "???")

    assert [one.count for one in situations.groups(AGENT, encode)] == [1, 1, 1]


@pytest.mark.parametrize(
    "broken",
    [
        lambda texts: np.zeros((1, 4)),
        lambda texts: np.zeros(len(texts)),
        lambda texts: np.full((len(texts), 4), np.nan),
    ],
    ids=["too few", "one number a text", "no numbers"],
)
def test_an_encoder_that_gives_no_vectors_is_refused(
    story: Story, situations: Situations, broken: Any
):
    for text in GOATS:
        answered(story, text)

    with pytest.raises(InputError, match="no vector for each of 2 texts") as refused:
        situations.groups(AGENT, broken)
    assert "goat" not in str(refused.value)


def test_without_an_encoder_letters_tell_what_is_alike(story: Story, situations: Situations):
    for text in (*SHELLS, STRAY, *GOATS):
        answered(story, text)

    groups = situations.groups(AGENT, letters_of)

    assert [one.count for one in groups] == [3, 2, 1]
    assert groups == situations.groups(AGENT, letters_of)


@pytest.mark.parametrize(
    ("absent", "attempt"),
    [
        ("numpy", lambda: vectors_of(GOATS, encode)),
        ("sklearn.feature_extraction.text", lambda: letters_of(GOATS)),
        ("scipy.cluster.hierarchy", lambda: clusters_of(np.eye(2, dtype=np.float32))),
    ],
    ids=["numpy", "scikit-learn", "scipy"],
)
def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, absent: str, attempt: Any
):
    monkeypatch.setitem(sys.modules, absent, None)

    with pytest.raises(SettingsError, match="grouping needs the package") as refused:
        attempt()
    assert refused.value.hint == "pip install 'handraise[learn]'"


def test_a_thousand_requests_are_grouped_alike_each_time():
    rng = np.random.default_rng(1)
    middles = rng.normal(size=(20, 32))
    kinds = np.arange(1000) % 20
    vectors = middles[kinds] + 0.3 * rng.normal(size=(1000, 32))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    groups = clusters_of(vectors)

    assert [len(one) for one in groups] == [50] * 20
    assert all(len(set(kinds[one])) == 1 for one in groups)
    assert clusters_of(vectors) == groups


@pytest.mark.parametrize("person", ["dana", "marc", "priya"])
def test_who_answers_for_the_novel_names_it(story: Story, situations: Situations, person: str):
    ids = [answered(story, text) for text in SHELLS]

    named = situations.name(AGENT, ids, "  pay_with_shells ", person)

    assert (named.label, named.count, named.news) == ("pay_with_shells", 3, 3)
    assert (named.is_known, named.near) == (False, "")
    assert situations.groups(AGENT, encode) == []
    kept = story.operation.store.named_situations(AGENT)
    assert [(one.escalation_id, one.text) for one in kept] == list(zip(ids, SHELLS, strict=True))
    assert {(one.said.label, one.said.by) for one in kept if one.said} == {
        ("pay_with_shells", person)
    }
    assert situations.name(AGENT, ids, "pay_with_shells", person).news == 0
    story.whole()


@pytest.mark.parametrize("person", ["ines", "nobody", "", "agent:support-agent", "owner"])
def test_nobody_else_does(story: Story, situations: Situations, person: str):
    [made] = [answered(story, STRAY)]

    for attempt in (
        lambda: situations.name(AGENT, [made], "fire", person),
        lambda: situations.none(AGENT, [made], person),
    ):
        with pytest.raises(AccessError, match="does not answer for new situations") as refused:
            attempt()
        assert refused.value.hint == "these do: dana, marc, priya"
    assert not situations.may_say(AGENT, person)
    assert story.operation.store.named_situations(AGENT) == []


def test_who_has_left_does_not(story: Story, situations: Situations):
    made = answered(story, STRAY)
    assert situations.may_say(AGENT, "marc")
    story.operation.roster.deactivate("marc", "priya", "left")

    assert not situations.may_say(AGENT, "marc")
    with pytest.raises(AccessError):
        situations.name(AGENT, [made], "fire", "marc")


def test_nobody_makes_familiar_what_they_asked_for(story: Story, situations: Situations):
    made = answered(story, SHELLS[0], asked_by="marc")
    other = answered(story, SHELLS[1])

    with pytest.raises(AccessError, match=f"marc asked the agent for {made}"):
        situations.name(AGENT, [other, made], "pay_with_shells", "marc")

    assert story.operation.store.named_situations(AGENT) == []
    assert situations.name(AGENT, [made, other], "pay_with_shells", "dana").news == 2


def test_a_known_type_gets_a_new_wording(story: Story, situations: Situations):
    made = answered(story, "give me my coins back")

    named = situations.name(AGENT, [made], "refund_request", "dana")

    assert named.is_known
    assert named.near == ""


def test_a_name_near_a_known_one_is_questioned(story: Story, situations: Situations):
    made = answered(story, "give me my coins back")

    named = situations.name(AGENT, [made], "refund_requests", "dana")

    assert not named.is_known
    assert named.near == 'did you mean "refund_request"?'


def test_a_name_near_one_that_was_given_is_questioned_too(story: Story, situations: Situations):
    first, second = answered(story, SHELLS[0]), answered(story, SHELLS[1])
    situations.name(AGENT, [first], "pay_with_shells", "dana")

    assert situations.near(AGENT, "pay_with_shells") == ""
    assert situations.near(AGENT, "pay_by_shells") == 'did you mean "pay_with_shells"?'
    named = situations.name(AGENT, [second], "pay_by_shells", "dana")
    assert named.near == 'did you mean "pay_with_shells"?'


def test_what_is_none_is_not_learned_from(story: Story, situations: Situations):
    made = answered(story, STRAY)
    situations.name(AGENT, [made], "fire", "dana")

    said = situations.none(AGENT, [made], "marc")

    assert (said.label, said.count, said.news) == (None, 1, 1)
    assert story.operation.store.named_situations(AGENT) == []
    assert situations.groups(AGENT, encode) == []


@pytest.mark.parametrize("label", ["", "   ", "x" * 101, "two\nlines", "nul\0", "hid\u200bden"])
def test_a_name_that_cannot_be_used_is_refused(story: Story, situations: Situations, label: str):
    made = answered(story, STRAY)

    with pytest.raises(InputError, match="a type's name"):
        situations.name(AGENT, [made], label, "dana")


def test_what_is_not_there_cannot_be_named(story: Story, situations: Situations):
    with pytest.raises(InputError, match="no situation was given"):
        situations.name(AGENT, [], "fire", "dana")
    with pytest.raises(NotFoundError, match="no new situation nothing"):
        situations.name(AGENT, ["nothing"], "fire", "dana")
    with pytest.raises(NotFoundError, match='no agent "another"'):
        situations.groups("another", encode)
    with pytest.raises(NotFoundError, match='no agent "another"'):
        situations.none("another", ["nothing"], "dana")


def test_what_was_erased_is_in_no_group(story: Story, situations: Situations):
    made = [answered(story, text) for text in GOATS]
    situations.name(AGENT, made[:1], "goats", "dana")

    for one in made:
        story.operation.record.redact(escalation_id=one, by="priya", reason="asked for")

    assert situations.groups(AGENT, encode) == []
    assert story.operation.store.named_situations(AGENT) == []
    with pytest.raises(NotFoundError):
        situations.name(AGENT, made, "goats", "dana")


def test_of_long_texts_the_beginning_and_the_end_are_grouped_by():
    texts = ["parking " + "and so on " * 20_000, "parking", "lost " + "and so on " * 20_000]
    middle = ["parking " + "and so on " * 10_000 + "zebra " + "and so on " * 10_000, *texts[1:]]
    assert (letters_of(texts) == letters_of(middle)).all()
    assert words_apart(texts, [[0, 1], [2]]) == words_apart(middle, [[0, 1], [2]])
