"""Which claims a newer table breaks: its own, and those that held of the older one."""

from handraise.core.gate.compile import compile_table
from handraise.core.proof.kept import kept
from handraise.core.table.types import Table
from tests.support.support_table import TABLE, changed, table_of

BIG = "{name: big money, when: abs(revenue_usd) > 5000, reaches: finance}"
UNSURE = "{name: the unsure, when: confidence < 0.7, never: proceed}"
ALL = "{name: all are seen, never: proceed}"
SEVERE = '{name: severe ones, when: severity >= "critical", reaches: finance}'
RAISED = ("{when: abs(revenue_usd) > 5000", "{when: abs(revenue_usd) > 9000")


def claiming(*claims: str, text: str = TABLE) -> Table:
    listed = "".join(f"  - {one}\n" for one in claims)
    return table_of(changed("several: every\n", f"several: every\nclaims:\n{listed}", text))


def test_a_table_keeps_every_claim_of_itself() -> None:
    table = claiming(BIG, UNSURE)
    assert kept(table, table).is_all
    assert kept(table_of(), table_of()).is_all


def test_a_claim_of_both_that_held_before_is_broken_and_lost() -> None:
    older, newer = claiming(BIG, UNSURE), claiming(BIG, UNSURE, text=changed(*RAISED))
    found = kept(older, newer)
    assert [one.name for one in found.broken] == ["big money"]
    (lost,) = found.lost
    assert (lost.name, lost.state, found.dropped) == ("big money", "refuted", frozenset())
    assert lost.witness is not None
    assert compile_table(older)(lost.witness.decision).routes == ("finance",)
    assert not compile_table(newer)(lost.witness.decision).escalated


def test_a_claim_that_was_dropped_or_renamed_is_asked_of_the_newer_table_all_the_same() -> None:
    raised = changed(*RAISED)
    found = kept(claiming(BIG), claiming(UNSURE, text=raised))
    assert (found.broken, found.dropped) == ((), {"big money"})
    assert not found.is_all
    assert kept(claiming(BIG), claiming(UNSURE)).is_all
    found = kept(claiming(BIG), claiming(BIG.replace("big money", "much money"), text=raised))
    assert [one.name for one in found.broken] == ["much money"]
    assert ([one.name for one in found.lost], found.dropped) == (["big money"], frozenset())


def test_a_claim_that_never_held_is_broken_and_not_lost() -> None:
    table = claiming(ALL)
    found = kept(table, table)
    assert ([one.name for one in found.broken], found.lost) == (["all are seen"], ())
    assert kept(table, table_of()).is_all


def test_a_claim_about_what_the_newer_table_has_not_is_open() -> None:
    renamed = TABLE.replace("revenue_usd", "income_usd")
    (lost,) = kept(claiming(BIG), table_of(renamed)).lost
    assert lost.state == "open"
    assert lost.why == "it reads revenue_usd, which the new table does not have like this"


def test_a_claim_about_severities_is_open_where_those_are_others() -> None:
    (line,) = [line for line in TABLE.splitlines() if line.startswith("severities:")]
    others = TABLE.replace(line, line.replace("[", "[least, "))
    (lost,) = kept(claiming(SEVERE), table_of(others)).lost
    assert lost.why == "it reads severity, which the new table does not have like this"
    assert kept(claiming(SEVERE), table_of()).is_all


def test_what_is_not_decided_in_time_is_broken() -> None:
    found = kept(claiming(BIG), claiming(BIG), timeout_s=0)
    assert [one.state for one in found.broken] == ["open"]
    assert found.lost == ()
