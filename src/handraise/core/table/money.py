"""Currencies, and amounts of them as people write them."""

from __future__ import annotations

import re

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

_ONE_DECIMAL = re.compile(r"-?[\d,]+\.\d")


def in_money(number: str, unit: str) -> str:
    """Return a written number as its unit is written: an amount of money has no lone decimal.

    Example:
        >>> in_money("39.9", "USD"), in_money("6,200", "USD"), in_money("39.9", "kg")
        ('39.90', '6,200', '39.9')
    """
    is_short = unit.upper() in CURRENCIES and _ONE_DECIMAL.fullmatch(number)
    return f"{number}0" if is_short else number
