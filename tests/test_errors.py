"""The tree of errors: each has a status, an exit code, a code and a sentence; a stop is none."""

import re

import pytest

from handraise import errors
from handraise.errors import EXIT_CODE, HTTP_STATUS, Error, HumanNeeded, TableError
from handraise.model import Finding, Reason, Verdict


def _tree(kind: type[Error] = Error) -> list[type[Error]]:
    return [kind, *(one for child in kind.__subclasses__() for one in _tree(child))]


OURS = [kind for kind in _tree() if kind.__module__ == errors.__name__]


@pytest.mark.parametrize("kind", OURS)
def test_every_error_has_a_status_an_exit_code_and_words(kind: type[Error]) -> None:
    assert 400 <= HTTP_STATUS[kind] <= 599
    assert EXIT_CODE[kind] in {1, 2, 4}
    assert "code" in vars(kind)
    assert kind.__doc__
    assert kind is Error or kind.__name__.endswith("Error")
    assert kind.__name__ in (errors.__doc__ or "")


def test_the_tables_name_nothing_else() -> None:
    assert set(HTTP_STATUS) == set(EXIT_CODE) == set(OURS)
    codes = [kind.code for kind in OURS]
    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"[a-z_]+", code) for code in codes)


def test_an_error_says_its_remedy() -> None:
    assert str(Error("store: full")) == "store: full"
    assert str(Error("store: full", "make room")) == "store: full; make room"


def test_a_table_error_has_all_findings() -> None:
    findings = [Finding(severity="error", code="x", message=f"no {name}", line=3) for name in "ab"]
    error = TableError(findings)
    assert error.findings == tuple(findings)
    assert str(error).splitlines() == ["handraise.yaml:3:1: no a", "handraise.yaml:3:1: no b"]


def test_a_stop_is_no_exception_that_an_agent_swallows() -> None:
    assert not issubclass(HumanNeeded, Exception)
    reason = Reason(
        row="r", condition="fault", route="owner", observed="", limit="", sentence="it stops"
    )
    verdict = Verdict(None, reasons=(reason,))
    with pytest.raises(HumanNeeded, match="it stops") as caught:  # noqa: PT012 - an agent's code
        try:
            raise HumanNeeded(verdict)
        except Exception:  # noqa: BLE001 - what an agent does
            pytest.fail("the stop was swallowed")
    assert caught.value.verdict is verdict
