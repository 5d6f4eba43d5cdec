"""What people write, as names of the table and as comments in it.

INVARIANT: a comment is never more than comments, and a text never more than one scalar, whatever
stands in them.
"""

from __future__ import annotations

import json
import re
import textwrap
import unicodedata
from collections.abc import Iterable

MAX_NAME = 60
WIDTH = 96
TITLES = frozenset(
    {"dr", "prof", "mr", "mrs", "ms", "mx", "sir", "herr", "frau", "sr", "sra", "mme"}
)
YAML_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def plain(text: str) -> str:
    r"""Return a text on one line, without what cannot be printed.

    Example:
        >>> plain("two\nlines\x07") == "two lines\ufffd"
        True
    """
    return "".join(
        character if character.isprintable() else "\ufffd"
        for character in " ".join(text.split())
        if unicodedata.category(character) != "Cf"
    ).strip()


def name_of(text: str, otherwise: str, *, may_have_hyphens: bool = False) -> str:
    """Return a text as a name of the table: letters, digits and underscores.

    Args:
        text: what the team calls it.
        otherwise: what it is called where no letter is left.
        may_have_hyphens: whether hyphens within a word are kept: no expression reads the name.

    Example:
        >>> name_of("Finance lead", "role"), name_of("経理", "role"), name_of("24/7 desk", "role")
        ('finance_lead', 'role', 'role_24_7_desk')
        >>> name_of("clinic-agent", "agent", may_have_hyphens=True)
        'clinic-agent'
    """
    ascii_text = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    within = "[a-z0-9]+(?:-[a-z0-9]+)*" if may_have_hyphens else "[a-z0-9]+"
    words = re.findall(within, ascii_text.encode("ascii", "ignore").decode().lower())
    joined = "_".join(words)[:MAX_NAME].strip("_-")
    if not joined:
        return otherwise
    return joined if joined[0].isalpha() else f"{otherwise}_{joined}"


def first_name_of(text: str, otherwise: str) -> str:
    """Return the first word of a full name that is no title, as a name of the table.

    Example:
        >>> first_name_of("Dr. Dana Reyes", "person"), first_name_of("明", "person")
        ('dana', 'person')
    """
    words = [word for word in text.split() if name_of(word, "") not in TITLES]
    return name_of(words[0] if words else text, otherwise)


def told_apart(wanted: Iterable[tuple[str, ...]], reserved: Iterable[str] = ()) -> list[str]:
    """Return a name for each, no two the same.

    Args:
        wanted: for each the names it would like, best first.
        reserved: names that none may have.

    Example:
        >>> told_apart([("dana", "dana_reyes"), ("dana", "dana_cole"), ("dana",)])
        ['dana', 'dana_cole', 'dana_2']
    """
    taken = set(reserved)
    names: list[str] = []
    for candidates in wanted:
        last = candidates[-1]
        more = (f"{last}_{n}" for n in range(2, len(taken) + 3))
        name = next(one for one in (*candidates, *more) if one not in taken)
        taken.add(name)
        names.append(name)
    return names


def word(name: str) -> str:
    """Return a name as YAML that is read as this text: `no` is put in quotes."""
    return json.dumps(name) if name in YAML_WORDS else name


def quoted(text: str) -> str:
    """Return a text as a YAML scalar that can be nothing else."""
    return json.dumps(plain(text), ensure_ascii=False)


def comment(text: str, indent: int = 0, hang: int = 0) -> str:
    """Return a text as lines of comments; empty for an empty text.

    Args:
        text: whatever somebody wrote.
        indent: how many columns stand before each.
        hang: how far the lines after the first are moved in.
    """
    before = " " * indent + "# "
    lines = textwrap.wrap(
        plain(text), WIDTH - len(before), subsequent_indent=" " * hang, break_on_hyphens=False
    )
    return "".join(f"{before}{line}\n" for line in lines)


def listed(names: Iterable[str]) -> str:
    """Return names as people say them.

    Example:
        >>> listed(["a"]), listed(["a", "b", "c"])
        ('a', 'a, b and c')
    """
    *most, last = list(names) or [""]
    return f"{', '.join(most)} and {last}" if most else last
