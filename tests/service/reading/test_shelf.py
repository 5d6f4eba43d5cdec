"""The shelf: which tables there are, and how everybody stands."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from handraise.core.confidence.mapping import CalibrationMap
from handraise.errors import InputError, NotFoundError, SchemaError
from handraise.model import TableVersion
from handraise.service.calibrating.writing import write_calibration
from handraise.service.reading.shelf import Shelf
from handraise.service.reading.tables import open_table
from handraise.store import Store
from tests.support.calibrated import FILE
from tests.support.story import AGENT, TABLE, UNSURE, Story, begun

story = pytest.fixture(begun)

OTHER = TABLE.replace("agent: support-agent", "agent: order-agent")


def beside(story: Story, text: str) -> Path:
    path = story.path.with_name("other.yaml")
    path.write_text(text, encoding="utf-8")
    return path


def another_shelf(story: Story) -> Shelf:
    return Shelf(story.operation.store, story.clock)


def of_tomorrow(store: Store, story: Story, agent: str) -> None:
    store.register_table(
        TableVersion(
            agent=agent,
            version="of tomorrow",
            source="handraise.yaml",
            text="handraise: 2",
            registered_at=story.clock.now(),
        )
    )


def test_a_shelf_begins_with_what_the_store_knows(story: Story):
    shelf = another_shelf(story)

    assert shelf.agents() == [AGENT]
    assert shelf.newest(AGENT) == story.operation.shelf.newest(AGENT)
    assert shelf.newest(AGENT).version == story.gate.table.version


def test_a_version_another_process_registered_is_taken_up_and_the_old_one_kept(story: Story):
    shelf = another_shelf(story)
    before = shelf.newest(AGENT).version
    story.rewrite(("owner: priya", "owner: ines"))
    assert shelf.newest(AGENT).owner == "priya"

    shelf.refresh()

    assert shelf.newest(AGENT).owner == "ines"
    assert shelf.table(AGENT, before).owner == "priya"
    assert shelf.source(AGENT, before).text == TABLE


def test_what_was_never_registered_is_not_found(story: Story):
    shelf = story.operation.shelf

    for attempt in (
        lambda: shelf.newest("nobody"),
        lambda: shelf.table(AGENT, "nothing"),
        lambda: shelf.source("nobody", "nothing"),
    ):
        with pytest.raises(NotFoundError):
            attempt()


def test_a_version_of_another_release_is_said_and_the_others_are_taken_up(story: Story):
    shelf = another_shelf(story)
    of_tomorrow(story.operation.store, story, "a-first-agent")
    story.rewrite(("owner: priya", "owner: ines"))

    with pytest.raises(SchemaError, match="cannot be read by this release"):
        shelf.refresh()

    assert shelf.agents() == [AGENT]
    assert shelf.newest(AGENT).owner == "ines"


def test_a_store_whose_newest_table_is_unreadable_can_still_be_opened(story: Story):
    of_tomorrow(story.operation.store, story, AGENT)
    shelf = Shelf(story.operation.store, story.clock)

    assert shelf.agents() == []
    table, reading = open_table(story.path)
    shelf.register(table, reading, "handraise.yaml")
    assert shelf.newest(AGENT).version == table.version


def test_a_version_keeps_the_name_it_was_registered_by(story: Story):
    _, reading = open_table(story.path)
    named = TableVersion(
        agent=AGENT,
        version="named by another",
        source="handraise.yaml",
        text=reading.text,
        registered_at=story.clock.now(),
    )
    story.operation.store.register_table(named)
    assert Shelf(story.operation.store, story.clock).newest(AGENT).version == "named by another"


def test_who_stands_where(story: Story):
    story.operation.open(beside(story, OTHER.replace("people: [dana, marc]", "people: [marc]")))
    shelf = story.operation.shelf

    assert shelf.agents() == ["order-agent", AGENT]
    assert set(shelf.people()) == {"dana", "marc", "ines", "priya"}
    assert shelf.routes_of("marc") == [
        ("order-agent", "support_supervisor"),
        (AGENT, "support_supervisor"),
    ]
    assert shelf.routes_of("priya") == [("order-agent", "owner"), (AGENT, "owner")]
    assert shelf.routes_of("nobody") == []
    assert shelf.agents_of("dana") == {"order-agent", AGENT}
    assert shelf.agents_of("") == set()
    assert shelf.person("ines").name == "Ines Duarte"
    assert shelf.person(AGENT) is None


def test_who_owns_what(story: Story):
    story.operation.open(beside(story, OTHER.replace("owner: priya", "owner: ines")))
    shelf = story.operation.shelf

    assert shelf.is_owner("priya")
    assert shelf.is_owner("priya", AGENT)
    assert not shelf.is_owner("priya", "order-agent")
    assert not shelf.is_owner("dana")
    assert not shelf.is_owner("")


@pytest.mark.parametrize(
    ("old", "new"),
    [("name: Dana Reyes", "name: Dana Cruz"), ("mailto:dana@", "mailto:cruz@")],
)
def test_one_id_is_one_person_over_all_tables(story: Story, old: str, new: str):
    with pytest.raises(InputError, match=r'"dana" is Dana .* but Dana Reyes .* of support-agent'):
        story.operation.open(beside(story, OTHER.replace(old, new)))
    assert story.operation.shelf.agents() == [AGENT]


def test_a_person_may_change_their_contact_in_their_own_table(story: Story):
    story.rewrite(("mailto:dana@example.com", "mailto:reyes@example.com"))

    person = story.operation.shelf.person("dana")
    assert person is not None
    assert person.contacts == ("mailto:reyes@example.com",)


def test_registering_an_older_version_again_makes_it_the_newest(story: Story):
    shelf = story.operation.shelf
    table, reading = open_table(story.path)
    story.rewrite(("owner: priya", "owner: ines"))
    assert shelf.newest(AGENT).owner == "ines"

    shelf.register(table, reading, "handraise.yaml")

    assert shelf.newest(AGENT).owner == another_shelf(story).newest(AGENT).owner == "priya"


def test_the_directory_counts_only_where_a_limit_is_set(story: Story):
    story.rewrite(('"mailto:dana@example.com"', '"mailto:dana@example.com", capacity: 9 a day'))
    story.gate.decide(**UNSURE)
    directory = story.operation.shelf.directory(AGENT, rehearsal=False, also=["left"])

    assert directory.owner == "priya"
    dana = directory.states["dana"]
    assert (dana.active, dana.open_asks, dana.asks_today) == (True, 1, 1)
    assert directory.states["marc"].asks_today == 0
    assert not directory.states["left"].active
    rehearsing = story.operation.shelf.directory(AGENT, rehearsal=True)
    assert rehearsing.states["dana"].open_asks == 0


def test_the_directory_says_who_is_here_reachable_and_willing(story: Story):
    roster, shelf = story.operation.roster, story.operation.shelf
    story.rewrite(("mailto:priya@example.com", "mailto:raman@example.com"))
    roster.away("dana", None, story.clock.now() + timedelta(days=1), "", "dana")
    roster.deactivate("marc", "priya", "")
    [duty] = roster.duties("ines")
    roster.decline(AGENT, "ines", duty.digest)
    story.operation.store.contact_failed(
        "priya", "mailto:raman@example.com", "no such mailbox", story.clock.now()
    )

    for rehearsal in (False, True):
        states = shelf.directory(AGENT, rehearsal=rehearsal).states
        assert (states["dana"].away, states["dana"].declined) == (True, False)
        assert states["dana"].away_until == story.clock.now() + timedelta(days=1)
        assert not states["marc"].active
        assert states["ines"].declined
        assert states["priya"].reachable, "a contact that fails is verified all the same"
    assert shelf.is_here("dana")
    assert not shelf.is_here("marc")
    assert not shelf.is_here("nobody")


def test_a_declined_duty_counts_while_it_is_theirs(story: Story):
    roster, shelf = story.operation.roster, story.operation.shelf
    story.rewrite(("people: [ines]", "people: [ines, marc]"))
    [duty] = roster.duties("ines")
    roster.decline(AGENT, "ines", duty.digest)
    assert shelf.directory(AGENT, rehearsal=False).states["ines"].declined

    story.rewrite(("decide_within: 8h", "decide_within: 4h"))
    assert not shelf.directory(AGENT, rehearsal=False).states["ines"].declined

    story.rewrite(("decide_within: 4h}", "decide_within: 8h}"))
    assert shelf.directory(AGENT, rehearsal=False).states["ines"].declined


def test_a_table_whose_owner_has_left_is_not_opened(story: Story):
    story.operation.roster.deactivate("ines", "priya", "")

    with pytest.raises(InputError, match=r'"ines", has left; name another owner'):
        story.rewrite(("owner: priya", "owner: ines"))
    assert story.operation.shelf.newest(AGENT).owner == "priya"


def calibrated(story: Story) -> str:
    """Let the table read a calibrated confidence; return the version that this makes."""
    text = TABLE.replace("escalate:\n", "confidence: calibrated\nescalate:\n")
    story.path.write_text(text, encoding="utf-8")
    write_calibration(story.path.with_name("calibration.json"), FILE)
    return story.operation.shelf.open(story.path).version


def test_a_version_keeps_the_map_it_was_signed_with_whatever_becomes_of_the_file(story: Story):
    version = calibrated(story)
    place = story.path.with_name("calibration.json")
    other = CalibrationMap("beta", ((0.0, 0.0), (1.0, 0.5)))
    write_calibration(place, replace(FILE, map=other))
    assert story.operation.shelf.open(story.path).version != version
    place.unlink()

    kept = another_shelf(story).table(AGENT, version)

    assert kept.calibration.map == FILE.map
    assert kept == story.operation.shelf.table(AGENT, version)


def test_a_version_whose_map_is_not_in_the_store_cannot_be_used(story: Story):
    version = calibrated(story)
    kept = story.operation.shelf.source(AGENT, version)
    for calibration in (None, {"map": "none"}):
        named = replace(kept, version=f"with {calibration}", calibration=calibration)
        story.operation.store.register_table(named)
        with pytest.raises(SchemaError, match="cannot be read by this release"):
            another_shelf(story).table(AGENT, named.version)
