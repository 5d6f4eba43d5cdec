"""Where everything is kept: verbs of the domain over SQLite or PostgreSQL.

`open_store(url)` gives a `Store`. SQL, drivers and migrations live here and nowhere else;
a driver's error leaves it as a `StoreError`. Nobody looks at a watch: instants are arguments.
"""

from handraise.store.erasing import Erased
from handraise.store.proof import Proof
from handraise.store.store import Store, open_store
from handraise.store.upkeep import backup, describe, head_revision, migrate

__all__ = [
    "Erased",
    "Proof",
    "Store",
    "backup",
    "describe",
    "head_revision",
    "migrate",
    "open_store",
]
