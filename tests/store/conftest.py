"""The store's tests run on both databases."""

from tests.support.databases import (
    any_store,
    any_url,
    empty_url,
    migrated_file,
    more_stores,
    postgres,
    sqlite_url,
)

__all__ = [
    "any_store",
    "any_url",
    "empty_url",
    "migrated_file",
    "more_stores",
    "postgres",
    "sqlite_url",
]
