"""How a confirmed test says who confirmed it: `priya 2026-11-28`, and nothing else."""

from __future__ import annotations

import re
from datetime import date

SIGNED = re.compile(r"[A-Za-z_][A-Za-z0-9_\-]* (\d{4}-\d{2}-\d{2})")
HINT = "`handraise test --confirm NAME --as PERSON` writes it; false waits for a person"


def is_signed(written: object) -> bool:
    """Whether a text names a person and a day; `no`, `not yet` and the like do not.

    Example:
        >>> is_signed("priya 2026-11-28"), is_signed("no"), is_signed("priya 2026-13-28")
        (True, False, False)
    """
    found = SIGNED.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        return False
    try:
        date.fromisoformat(found[1])
    except ValueError:
        return False
    return True
