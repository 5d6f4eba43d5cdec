"""Questions that stand in Slack: those that are none any more to their reader are found, once."""

from __future__ import annotations

from handraise.model import SlackPost
from handraise.store import Store
from tests.store.records import (
    NOW,
    advance,
    after,
    approval,
    make_escalation,
    make_record,
)


def keep(store: Store, ts: str, person: str = "ines", **fields: object) -> SlackPost:
    """Keep an open escalation that Ines has, and that it stands in somebody's conversation."""
    escalation = make_escalation({**fields})
    store.create_escalation(make_record(escalation), escalation, [], [])
    post = SlackPost(
        channel="D1",
        ts=ts,
        escalation_id=escalation.id,
        ask_id=escalation.asks[0].id,
        person=person,
        posted_at=after(seconds=int(ts)),
    )
    store.add_slack_post(post)
    return post


def test_what_is_answered_or_in_other_hands_is_to_be_settled_the_oldest_first(
    any_store: Store,
) -> None:
    moved, answered = keep(any_store, "3", person="dana"), keep(any_store, "2")
    standing, delegated = keep(any_store, "1"), keep(any_store, "4", "marc", delegate="marc")
    any_store.change(answered.escalation_id, lambda one: (approval(one, "ines"), []))
    assert any_store.slack_posts_to_settle(limit=9) == [answered, moved]
    assert any_store.slack_posts_to_settle(limit=1) == [answered]
    assert any_store.slack_posts_to_settle(limit=9, never=[("D1", "2")]) == [moved]
    assert any_store.slack_posts(standing.escalation_id) == [standing]
    assert any_store.slack_posts(delegated.escalation_id) == [delegated]
    any_store.change(standing.escalation_id, lambda one: (advance(one, "dana", NOW), []))
    assert standing in any_store.slack_posts_to_settle(limit=9)


def test_what_is_settled_is_found_no_more_and_keeps_its_first_instant(any_store: Store) -> None:
    post = keep(any_store, "1", person="dana")
    assert any_store.slack_posts(post.escalation_id, ask_id=post.ask_id, person="dana") == [post]
    assert any_store.slack_posts(post.escalation_id, person="ines") == []
    assert any_store.slack_posts(post.escalation_id, ask_id="another") == []
    for at in (NOW, after(hours=1)):
        any_store.settle_slack_posts([post], at)
    assert any_store.slack_posts(post.escalation_id) == []
    assert any_store.slack_posts_to_settle(limit=9) == []
