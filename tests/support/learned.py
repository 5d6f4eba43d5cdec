"""A table with learned files, and small learned files of its own that say what they are told."""

import msgspec

from handraise.core.familiar.look import Unusual
from handraise.core.gate.compile import compile_table
from handraise.core.table.read import read
from handraise.model import Learned
from tests.support.support_table import TABLE, changed

DIGEST = "d" * 64
TYPES = ("refund_request", "card_lost", "change_address")
LEARNED = Learned(
    folder="", digest=DIGEST, facts={"revenue_usd": "number"}, reads_text=True, least_rate=0.004
)
KNOWN = "known: [refund_request, card_lost, change_address]"
UNKNOWN_ROW = "    - {unknown: type, to: supervisor, tag: new situation}\n"
UNFAMILIAR_ROW = "    - {unfamiliar: 2%, to: finance, tag: unlike}\n"
LEARNED_TABLE = changed(
    UNKNOWN_ROW, UNKNOWN_ROW + UNFAMILIAR_ROW, changed(KNOWN, "known: known/", TABLE)
)


def window(learned=LEARNED, types=TYPES):
    """Return what gives a table the description of its learned files."""
    return lambda _folder: (learned, types)


def learned_table(text=LEARNED_TABLE, learned=LEARNED, types=TYPES):
    """Return the table of a text that must be without errors."""
    reading = read(text, learned=window(learned, types))
    assert reading.table is not None, [finding.line_text() for finding in reading.errors]
    return reading.table


def odd(check="wording", **fields):
    """Return one thing in which a decision is unusual."""
    usual = {
        "check": check, "fact": "", "p": 0.01, "observed": f"{check} seen", "familiar": f"{check} known",
        "sentence": f"the {check} is unlike anything familiar",
    }  # fmt: skip
    return Unusual(**(usual | fields))


class ToldFamiliar:
    """Learned files that say what they are told, and remember what they were asked."""

    def __init__(self, p=0.5, unusual=(), digest=DIGEST):
        self.p = p
        self.found = unusual
        self.digest = digest
        self.asked = []
        self.explained = []

    def p_value(self, asked):
        self.asked.append(asked)
        return _said(self.p)

    def unusual(self, asked, rate):
        self.explained.append((asked, rate))
        return _said(self.found)


def _said(answer):
    if isinstance(answer, BaseException):
        raise answer
    return answer


def judge_with(familiar, text=LEARNED_TABLE, learned=LEARNED):
    """Return the judge of a table with these learned files."""
    return compile_table(learned_table(text, learned), familiar=familiar)


def with_learned(**fields):
    """Return the description of the learned files with some fields changed."""
    return msgspec.structs.replace(LEARNED, **fields)
