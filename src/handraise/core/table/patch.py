"""What a table's text would be changed to, as a unified diff, and such a diff put into a text.

INVARIANT: a diff is put into exactly the text it was made from, as far as it tells, or not at all:
each line it names must stand where it says.
"""

from __future__ import annotations

import difflib
import re

from handraise.errors import InputError

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@")


def difference(before: str, after: str, name: str) -> str:
    r"""Return a unified diff between two texts, empty where they are the same.

    Args:
        before: as it stands.
        after: as it would stand.
        name: the file's name, for its head.

    Example:
        >>> print(difference("a: 1\nb: 2", "a: 1\nb: 3", "t.yaml"))
        --- t.yaml
        +++ t.yaml
        @@ -1,2 +1,2 @@
         a: 1
        -b: 2
        +b: 3
    """
    # Split at "\n" alone: other line ends stay in their lines, and the last line its own.
    lines = difflib.unified_diff(
        before.split("\n"), after.split("\n"), fromfile=name, tofile=name, lineterm=""
    )
    return "\n".join(lines)


def patched(text: str, change: str) -> str:
    r"""Return a text with a diff of `difference` put into it.

    Raises:
        InputError: a line that the diff names does not stand where it says.

    Example:
        >>> patched("a: 1\nb: 2", difference("a: 1\nb: 2", "a: 1\nb: 3", "t.yaml"))
        'a: 1\nb: 3'
    """
    old = text.split("\n")
    made: list[str] = []
    at = 0
    for line in change.split("\n")[2:]:
        hunk = _HUNK.fullmatch(line)
        if hunk is not None:
            start = int(hunk.group(1)) - 1
            made += old[at:start]
            at = start
        elif line.startswith("+"):
            made.append(line[1:])
        else:
            if old[at : at + 1] != [line[1:]]:
                raise InputError(
                    f"line {at + 1} is not what it was when this was advised",
                    "look at the table and write the change by hand",
                )
            made += old[at : at + 1] if line.startswith(" ") else []
            at += 1
    return "\n".join([*made, *old[at:]])
