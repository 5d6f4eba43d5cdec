"""Encoders of the team's own: a Python function, or a sentence-transformers model on this machine.

Opening one runs code that the learned files name: they are trusted like the routing table.
INVARIANTS: each is called by one thread at a time, as whether it could stand more is not known; a
decision waits for it five seconds at most.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from msgspec.structs import replace

from handraise.core.table.form import shown
from handraise.errors import SettingsError
from handraise.service.learning.encoders.choice import EncoderChoice
from handraise.service.learning.encoders.in_time import InTime
from handraise.service.learning.encoders.vectors import CheckedEncoder

BATCH_OF_A_MODEL = 64


def open_function(choice: EncoderChoice) -> CheckedEncoder:
    """Return the encoder that a Python function is: it takes a list of texts, and gives rows.

    Raises:
        SettingsError: there is no such function, or its module cannot be imported.
    """
    module_name, _, function_name = choice.name.partition(":")
    place = f"encoder {shown(choice.name)}"
    try:
        function = getattr(import_module(module_name), function_name, None)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - a module of the team's own may raise anything
        raise SettingsError(
            f"{place}: its module cannot be imported ({type(error).__name__})",
            "see whether it can be found from here, e.g. by PYTHONPATH",
        ) from None
    if not callable(function):
        raise SettingsError(
            f"{place}: there is no such function", "e.g. python:package.module:function"
        )
    return CheckedEncoder(choice, InTime(function, place), place)


def open_sentence_transformers(choice: EncoderChoice) -> CheckedEncoder:
    """Return a sentence-transformers model, on the processor; its first opening may download it.

    Raises:
        SettingsError: the package is not installed, or the model cannot be loaded.
    """
    place = f"encoder {shown('sentence-transformers:' + choice.name)}"
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        raise SettingsError(
            f"{place}: the package is not installed", "pip install sentence-transformers"
        ) from None
    try:
        model = SentenceTransformer(choice.name, device="cpu")
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - it loads what others wrote, or from the net
        raise SettingsError(
            f"{place}: the model cannot be loaded ({type(error).__name__})",
            "see whether the name or the folder is right",
        ) from None

    def rows_of(texts: list[str]) -> Any:
        return model.encode(
            texts, batch_size=BATCH_OF_A_MODEL, show_progress_bar=False, convert_to_numpy=True
        )

    opened = replace(choice, version=_version_of("sentence-transformers"))
    return CheckedEncoder(opened, InTime(rows_of, place), place)


def _version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
