"""Where the tests of a table stand beside it, found by their names alone.

`handraise.yaml` has its tests in `handraise.tests.yaml`, in `handraise.tests.csv`, and in the files
of the folder `handraise.tests/`.
"""

from __future__ import annotations

from pathlib import Path

from handraise.errors import InputError

YAML_ENDINGS = (".yaml", ".yml")
ENDINGS = (*YAML_ENDINGS, ".csv")


def files_beside(table: Path) -> tuple[Path, ...]:
    """Return the files with tests beside a table, in the order of their names; empty for none.

    Raises:
        InputError: the folder cannot be read: what it holds must not be passed over.
    """
    folder = tests_folder(table)
    beside = [folder.with_name(f"{folder.name}{ending}") for ending in ENDINGS]
    try:
        inside = sorted(folder.iterdir()) if folder.is_dir() else []
    except OSError as error:
        raise InputError(f"{folder}: cannot be read ({error.strerror or error})") from None
    return (
        *(path for path in beside if path.is_file()),
        *(
            path
            for path in inside
            if path.suffix.lower() in ENDINGS and path.is_file() and path.name[0] != "."
        ),
    )


def tests_folder(table: Path) -> Path:
    """Return the folder beside a table whose files are its tests, there or not."""
    return table.with_name(f"{table.stem}.tests")


def holds_tests(path: Path) -> bool:
    """Whether a file beside tables holds tests of one of them, and is no table itself.

    A file of such a name without its table is passed over by nobody: it may be a table.
    """
    if path.suffix.lower() not in ENDINGS or not path.stem.endswith(".tests"):
        return False
    stem = path.stem.removesuffix(".tests")
    return any(path.with_name(f"{stem}{ending}").is_file() for ending in YAML_ENDINGS)
