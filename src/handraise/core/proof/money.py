"""Which facts are money: by their unit, or by a part of their name."""

from __future__ import annotations

from handraise.core.table.types import Fact, Table

CODES = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN
BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS
GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW
KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD
NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD
SHP SLE SOS SRD SSP STN SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES
VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
CURRENCIES = frozenset(CODES.split())
"""The currencies of ISO 4217 that people pay with."""

WORDS = frozenset(
    {"ALL", "BAM", "BOB", "COP", "CUP", "GEL", "LAK", "MAD", "MOP", "PEN", "TOP", "TRY"}
)
"""Currencies that are words too: in a name they are no sign of money; as a unit they are."""

NUMBERS = frozenset({"number", "integer"})


def money_facts(table: Table) -> tuple[Fact, ...]:
    """Return the facts that are money, in the table's order.

    Example:
        >>> from handraise.core.table.read import read
        >>> from handraise.demo.example import MISSION_TABLE
        >>> [fact.id for fact in money_facts(read(MISSION_TABLE).table)]
        ['revenue_usd']
    """
    return tuple(fact for fact in table.facts.values() if is_money(fact))


def is_money(fact: Fact) -> bool:
    """Whether a number's unit is a currency, or a part of its name: `revenue_usd`, `amount_eur`."""
    parts = {part.upper() for part in fact.id.split("_")}
    is_named = not parts.isdisjoint(CURRENCIES - WORDS)
    return fact.type in NUMBERS and (fact.unit.upper() in CURRENCIES or is_named)
