"""The arguments and options that several commands share, and the settings they make."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handraise.core.instants import read_instant
from handraise.errors import InputError

if TYPE_CHECKING:
    from handraise.service.secrets import Signer
    from handraise.settings import Settings

DEFAULT_TABLE = Path("handraise.yaml")

OneTable = Annotated[
    Path, typer.Argument(metavar="[TABLE]", help="The routing table.", show_default=True)
]
SomeTables = Annotated[
    Path,
    typer.Argument(metavar="[TABLE]", help="The routing table, or a folder of them (*.yaml)."),
]
ManyTables = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[TABLE]",
        help="Routing tables, or folders of them (*.yaml); handraise.yaml where none is named.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON; errors too, on stderr.")]
StoreUrl = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="URL",
        help="Where escalations are kept: sqlite:///PATH or postgresql://USER@HOST/DATABASE. "
        "Otherwise HANDRAISE_STORE; otherwise handraise.db beside the table.",
    ),
]


def one_table(place: Path) -> Path:
    """Return the one table file that a path stands for.

    Raises:
        InputError: it is a folder with none or several.
    """
    from handraise.service.reading.tables import tables_in

    found = tables_in([place])
    if len(found) > 1:
        names = ", ".join(path.name for path in found[:8])
        raise InputError(f"{place}: holds {len(found)} tables ({names})", "name one of them")
    return found[0]


def settings_at(store: str | None, beside: Path = DEFAULT_TABLE) -> Settings:
    """Return the settings with the store's place filled in: as set, otherwise beside the table.

    Raises:
        SettingsError: a variable of the environment is unusable.
    """
    import msgspec

    from handraise.settings import DATABASE_NAME, Settings

    settings = Settings.from_environment(store_url=store)
    url = settings.store_url or f"sqlite:///{beside.resolve().parent / DATABASE_NAME}"
    return msgspec.structs.replace(settings, store_url=url)


def kept_signer(settings: Settings, beside: Path) -> Signer | None:
    """Return the signer of the secrets that are at hand; None where there are none: none is made.

    Args:
        settings: with the store's place.
        beside: the folder of the table.

    Raises:
        SettingsError: a secret is too short, or the file cannot be read.
    """
    from handraise.service import secrets
    from handraise.service.wiring import secret_place

    if settings.secret:
        return secrets.Signer(settings.secret)
    file = settings.secret_file or secret_place(settings.store_url or "", beside)
    return secrets.Signer(secrets.read_or_make(file), file) if file.is_file() else None


def since_instant(text: str | None) -> datetime | None:
    """Return the instant that `--since` names, UTC where it says no offset; None for none.

    Raises:
        InputError: it is no instant.
    """
    if text is None:
        return None
    found = read_instant(text, UTC)
    if found is None:
        raise InputError(f'--since: "{text}" is no instant', "write 2026-11-22T19:50")
    return found
