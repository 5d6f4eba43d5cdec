"""Public holidays by country and subdivision: `US`, `US-CA`, `DE-BY`; from the `holidays` package.

Its data belongs to the release that is installed, not to the version of a table. It is imported
with the first table that asks for it.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from functools import lru_cache

EXAMPLES = "use an ISO 3166 code such as US, US-CA or DE-BY"
MAX_WORD = 40


def holiday(place: str, day: date) -> str | None:
    """Return the name of a place's public holiday on a day; None on other days.

    An unknown place has none; see `place_problem`.
    """
    return _of_year(place, day.year).get(day)


def place_problem(place: str) -> tuple[str, str] | None:
    """Return what is wrong with the code of a place, and how it is written; None when it is good.

    Example:
        >>> place_problem("US-CA")
        >>> place_problem("Germany")
        ('no public holidays are known for "Germany"', 'did you mean "DE"?')
    """
    known = _places()
    country, dash, part = place.partition("-")
    if country not in known:
        return f'no public holidays are known for "{place}"', _near(country, _countries())
    if not dash or part in known[country]:
        return None
    message = f'"{country}" has no part "{part}" with public holidays of its own'
    if not known[country]:
        return message, f"write {country}"
    return message, _near(part, _parts(country), f"{country}-")


def _near(word: str, codes: Mapping[str, str], before: str = "") -> str:
    """Return a hint at the nearest code, found by the code itself or by the name it stands for."""
    by_word = {name.casefold(): code for name, code in codes.items()}
    close = get_close_matches(word[:MAX_WORD].casefold(), by_word, n=1, cutoff=0.75)
    if close:
        return f'did you mean "{before}{by_word[close[0]]}"?'
    shown = ", ".join(before + code for code in list(dict.fromkeys(codes.values()))[:8])
    return f"expected one such as {shown}" if before else EXAMPLES


@lru_cache(maxsize=1)
def _places() -> dict[str, list[str]]:
    """Return the parts of each country, by its two letters."""
    import holidays  # slow, and most tables name no place

    listed = holidays.list_supported_countries(include_aliases=True)
    return {code: parts for code, parts in listed.items() if len(code) == 2}


def _countries() -> dict[str, str]:
    """Return the countries' codes, by code and by name."""
    from holidays.registry import COUNTRIES

    names = {name.replace("_", " "): entry[1] for name, entry in COUNTRIES.items()}
    return {code: code for code in _places()} | names


def _parts(country: str) -> dict[str, str]:
    """Return the codes of a country's parts, by code and by name."""
    import holidays

    named: dict[str, str] = getattr(holidays, country).subdivisions_aliases
    return {code: code for code in _places()[country]} | named


@lru_cache(maxsize=2048)
def _of_year(place: str, year: int) -> Mapping[date, str]:
    if place_problem(place) is not None:
        return {}
    import holidays

    country, _, part = place.partition("-")
    with warnings.catch_warnings():
        # For some years some of a country's holidays are not known yet; the others count.
        warnings.simplefilter("ignore")
        found = holidays.country_holidays(
            country, subdiv=part or None, years=year, language="en_US"
        )
    return dict(found)
