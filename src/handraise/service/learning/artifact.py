"""The learned files: a folder of JSON and NumPy arrays, written whole or not at all.

`manifest.json` names a folder inside, with the digest of each of its files; a new manifest takes
the place of the old one in one step, so a reader sees the old files or the new ones. Nothing is
ever unpickled. INVARIANT: what is damaged, foreign or half written is refused.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from handraise.errors import InputError
from handraise.model import Learned
from handraise.service.learning.encoders import EncoderChoice
from handraise.service.learning.places import WRITING, alone, remove_left
from handraise.service.reading.whole import read_whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

MANIFEST = "manifest.json"
META = "learned.json"
FORM = 1
AGAIN = "run `handraise learn` again"
FOLDER_NAME = re.compile(r"[0-9a-f]{16}")
MAX_MANIFEST_BYTES = 16_000_000
MAX_FILE_BYTES = 200_000_000
OTHERS = "the learned files are no longer those that the table names"


class Manifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands in the manifest.

    Attributes:
        handraise_learned: the form of these files.
        folder: the folder inside that holds them.
        digest: of all their digests, 64 hex digits.
        files: the SHA-256 of each file, by name.
        made_with: the release of Handraise that wrote them.
        made_at: when, in UTC.
        facts: the type of each fact that was learned.
        reads_text: whether the wording was learned.
        least_rate: the lowest rate the held-out rows can carry.
        encoder: what turns texts into vectors.
        types: the known types.
        summary: what people may want to know: rows, types, what was promised.
    """

    handraise_learned: int
    folder: str
    digest: str
    files: dict[str, str]
    made_with: str
    made_at: str
    facts: dict[str, str]
    reads_text: bool
    least_rate: float
    encoder: EncoderChoice
    types: tuple[str, ...]
    summary: dict[str, Any]


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of learned files.

    Raises:
        InputError: it is missing, damaged or foreign.
    """
    place = folder / MANIFEST
    try:
        found = msgspec.json.decode(read_whole(place, MAX_MANIFEST_BYTES), type=Manifest)
    except FileNotFoundError:
        raise InputError(
            f"{folder}: holds no learned files ({MANIFEST} is missing)",
            "run `handraise learn DATA --table TABLE` to write them",
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InputError(f"{place}: is damaged, or no manifest of learned files", AGAIN) from None
    except OSError as error:
        raise InputError(f"{place}: cannot be read ({error.strerror or error})") from None
    if found.handraise_learned != FORM:
        raise InputError(
            f"{place}: has form {found.handraise_learned}; this release reads form {FORM}", AGAIN
        )
    if found.digest != _digest_of(found) or found.folder != _folder_of(found.digest):
        raise InputError(f"{place}: was edited: its digest does not fit", AGAIN)
    return found


def described(folder: Path) -> tuple[Learned, tuple[str, ...]]:
    """Return what a table says of learned files, and the known types; every file is checked.

    Raises:
        InputError: they are missing, damaged, foreign or half written.
    """
    manifest, _ = read_files(folder)
    learned = Learned(
        folder=folder.name,
        digest=manifest.digest,
        facts=manifest.facts,
        reads_text=manifest.reads_text,
        least_rate=manifest.least_rate,
    )
    return learned, manifest.types


def read_files(folder: Path, digest: str | None = None) -> tuple[Manifest, dict[str, bytes]]:
    """Return the manifest of learned files and the content of each, all of one writing.

    Args:
        folder: of the learned files.
        digest: of those that are wanted; None for whichever there are.

    Raises:
        InputError: they are missing, damaged, foreign, half written, or others.
    """
    manifest = _wanted(folder, digest)
    while True:
        try:
            return manifest, {name: _content(folder, manifest, name) for name in manifest.files}
        except InputError:
            # New files may have taken their place while they were being read.
            before, manifest = manifest, _wanted(folder, digest)
            if manifest.digest == before.digest:
                raise


def _wanted(folder: Path, digest: str | None) -> Manifest:
    found = read_manifest(folder)
    if digest is not None and found.digest != digest:
        raise InputError(OTHERS, "sign the table with those that are there, or learn again")
    return found


def _content(folder: Path, manifest: Manifest, name: str) -> bytes:
    """Return the content of a learned file.

    Raises:
        InputError: it is missing, or not what was written.
    """
    is_inside = folder.name == manifest.folder  # its own manifest lies there too
    place = (folder if is_inside else folder / manifest.folder) / name
    if Path(name).name != name:
        raise InputError(f"{folder}: names a file outside", AGAIN)
    try:
        content = read_whole(place, MAX_FILE_BYTES)
    except FileNotFoundError:
        raise InputError(f"{place}: is missing from the learned files", AGAIN) from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "no name of a file"
        raise InputError(f"{place}: cannot be read ({why})", AGAIN) from None
    if hashlib.sha256(content).hexdigest() != manifest.files[name]:
        raise InputError(f"{place}: is damaged: it is not what was written", AGAIN)
    return content


def write_files(
    folder: Path, manifest: Manifest, meta: Any, arrays: Mapping[str, NDArray[Any]]
) -> Manifest:
    """Write learned files in the place of those that are there; return their manifest.

    The files of the manifest before stay, with a manifest of their own: for readers who just opened
    it, and for gates whose table was signed with them; older ones go.

    Args:
        folder: where; it is made where it is missing.
        manifest: all but its folder, digest and files.
        meta: what is no array, plain JSON.
        arrays: by name.

    Raises:
        InputError: the folder holds something else, cannot be written, or somebody else writes
            there.
    """
    check_place(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with alone(folder):
            before = check_place(folder)
            with tempfile.TemporaryDirectory(prefix=WRITING, dir=folder) as writing:
                remove_left(folder, Path(writing))
                made = _put_in_place(folder, Path(writing), manifest, _contents(meta, arrays))
            _remove_older(folder, {made.folder, before})
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror or error})") from None
    return made


def _put_in_place(
    folder: Path, writing: Path, manifest: Manifest, files: Mapping[str, bytes]
) -> Manifest:
    inside = writing / "files"
    inside.mkdir()
    for name, content in files.items():
        _put(inside / name, content)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}
    made = msgspec.structs.replace(manifest, files=digests)
    digest = _digest_of(made)
    made = msgspec.structs.replace(made, folder=_folder_of(digest), digest=digest)
    text = msgspec.json.format(msgspec.json.encode(made), indent=2)
    _put(inside / MANIFEST, text)
    _moved(inside, folder / made.folder, made)
    _put(writing / MANIFEST, text)
    (writing / MANIFEST).replace(folder / MANIFEST)
    return made


def check_place(folder: Path) -> str:
    """Return the folder inside that is in use; empty where there is none.

    Raises:
        InputError: what stands there was not written by `handraise learn`.
    """
    try:
        return read_manifest(folder).folder
    except InputError:
        there = list(folder.iterdir()) if folder.is_dir() else []
        is_ours = any(map(_is_learned, there))
        if not is_ours and any(not one.name.startswith(WRITING) for one in there):
            raise InputError(
                f"{folder}: holds other files", "name a folder of its own for what is learned"
            ) from None
        return ""


def _is_learned(place: Path) -> bool:
    return bool(FOLDER_NAME.fullmatch(place.name)) and (place / META).is_file()


def _moved(inside: Path, place: Path, manifest: Manifest) -> None:
    """Move written files where they belong; the same ones that are there already stay."""
    if place.exists():
        try:
            for name in manifest.files:
                _content(place.parent, manifest, name)
        except InputError:
            place.rename(inside.parent / "damaged")
        else:
            return
    inside.rename(place)


def _contents(meta: Any, arrays: Mapping[str, NDArray[Any]]) -> dict[str, bytes]:
    """Return what goes into each file, by name."""
    import io

    import numpy as np

    files = {META: msgspec.json.encode(meta, order="sorted")}
    for name, array in arrays.items():
        kept = io.BytesIO()
        np.save(kept, array, allow_pickle=False)
        files[f"{name}.npy"] = kept.getvalue()
    for name, content in files.items():
        if len(content) > MAX_FILE_BYTES:
            raise InputError(
                f"{name} would be larger than {MAX_FILE_BYTES // 1_000_000} MB",
                "learn without the texts, or from fewer rows",
            )
    return files


def _put(place: Path, content: bytes) -> None:
    with place.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _folder_of(digest: str) -> str:
    return digest[:16]


def _digest_of(manifest: Manifest) -> str:
    """Return the digest of all that can change a verdict: the files, the encoder, the promise."""
    counted = [
        FORM,
        sorted(manifest.files.items()),
        sorted(manifest.facts.items()),
        manifest.reads_text,
        repr(manifest.least_rate),
        manifest.encoder,
        manifest.types,
    ]
    return hashlib.sha256(b"handraise learned\n" + msgspec.json.encode(counted)).hexdigest()


def _remove_older(folder: Path, kept: set[str]) -> None:
    for one in folder.iterdir():
        if one.name not in kept and _is_learned(one):
            shutil.rmtree(one, ignore_errors=True)
