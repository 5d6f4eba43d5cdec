"""The measurement of proofs measures what it says."""

import pytest

from bench import proof


def test_every_line_is_there_and_the_time_is_held_against_the_limit() -> None:
    part = proof.proofs(rows=12, claims=4, rounds=1)
    assert [line.what for line in part.lines] == [proof.EVERY, proof.FIRST, proof.SMALL, proof.SAME]
    assert all(line.took_s > 0 for line in part.lines)
    assert "That holds" in part.notes


def test_a_time_past_the_limit_is_said() -> None:
    samples = {proof.EVERY: [2.0], proof.FIRST: [12.0]}
    assert "**That does not hold**:\n12 s" in proof._against_limit(samples)


@pytest.mark.parametrize("several", ["every", "first"])
def test_the_table_has_the_rows_and_claims_it_says_and_is_the_same_each_time(several: str) -> None:
    table = proof.table(proof.ROWS, proof.CLAIMS, several)
    assert (len(table.rows), len(table.claims)) == (proof.ROWS, proof.CLAIMS)
    assert table.version == proof.table(proof.ROWS, proof.CLAIMS, several).version
    assert {claim.kind for claim in table.claims} == {"reaches", "never", "always", "unreachable"}
