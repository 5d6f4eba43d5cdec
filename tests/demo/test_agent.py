import sys

import pytest

from handraise.demo.agent import Agent, train
from handraise.demo.requests import Request, familiar, split, unfamiliar
from handraise.errors import SettingsError

PARTS = split(familiar(), 7)


@pytest.fixture(scope="module")
def agent() -> Agent:
    return train(PARTS.train)


def test_it_guesses_far_better_than_chance(agent: Agent) -> None:
    drafts = agent.drafts(PARTS.run)
    right = sum(draft.type == one.type for draft, one in zip(drafts, PARTS.run, strict=True))
    assert right / len(drafts) > 10 / len(agent.types)


def test_its_confidence_is_how_often_it_is_right(agent: Agent) -> None:
    drafts = agent.drafts(PARTS.run)
    right = [draft.type == one.type for draft, one in zip(drafts, PARTS.run, strict=True)]
    assert all(0 <= draft.confidence <= 1 for draft in drafts)
    mean = sum(draft.confidence for draft in drafts) / len(drafts)
    assert mean == pytest.approx(sum(right) / len(right), abs=0.12)
    sure = [
        is_right for draft, is_right in zip(drafts, right, strict=True) if draft.confidence >= 0.72
    ]
    unsure = [
        is_right for draft, is_right in zip(drafts, right, strict=True) if draft.confidence < 0.5
    ]
    assert sum(sure) / len(sure) > 0.65 > 0.5 > sum(unsure) / len(unsure)


@pytest.mark.parametrize("text", ["Ωψχ ЖЩЮ 漢字", ""], ids=["unlike all others", "empty"])
def test_it_names_a_type_for_whatever_it_meets(agent: Agent, text: str) -> None:
    draft = agent.drafts([Request(id="1", text=text, type="x")])[0]
    assert draft.type in agent.types
    assert 0 <= draft.confidence <= 1


def test_what_it_learns_does_not_depend_on_what_it_meets_later(agent: Agent) -> None:
    before = agent.drafts(PARTS.run[:20])
    agent.drafts(unfamiliar())
    assert agent.drafts(PARTS.run[:20]) == before
    assert train(PARTS.train).manner == agent.manner


def test_it_never_reads_the_label(agent: Agent) -> None:
    hidden = [
        Request(id=one.id, text=one.text, type="?", amount=one.amount) for one in PARTS.run[:20]
    ]
    assert agent.drafts(hidden) == agent.drafts(PARTS.run[:20])


def test_it_proposes_the_amount_on_the_record_with_the_sign_of_the_type(agent: Agent) -> None:
    drafts = dict(zip(PARTS.run, agent.drafts(PARTS.run), strict=True))
    cuts = [
        (one, draft)
        for one, draft in drafts.items()
        if draft.type == "downgrade_plan" and one.amount
    ]
    assert cuts
    assert all(draft.proposal == {"monthly_change": -abs(one.amount)} for one, draft in cuts)
    still = [draft for one, draft in drafts.items() if one.amount == 0]
    assert {draft.action for draft in still} <= {"send_reply", "delete_account"}


def test_two_types_are_enough() -> None:
    requests = [
        Request(id=str(n), text=f"{word} number {word * n}", type=word)
        for n in range(6)
        for word in ("apple", "bicycle")
    ]
    drafts = train(requests).drafts([Request(id="x", text="an apple number", type="?")])
    assert drafts[0].type == "apple"


def test_without_its_packages_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = [name for name in sys.modules if name.partition(".")[0] == "sklearn"]
    for name in {"sklearn", *loaded}:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(SettingsError, match=r"pip install 'handraise\[demo\]'"):
        train(PARTS.train)
