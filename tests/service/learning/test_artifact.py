"""The learned files are written whole or not at all, and what is not as written is refused."""

import os
import shutil
import threading
from pathlib import Path

import msgspec
import numpy as np
import pytest

from handraise.errors import InputError
from handraise.service.learning.artifact import (
    FORM,
    MANIFEST,
    META,
    Manifest,
    _digest_of,
    check_place,
    described,
    read_files,
    read_manifest,
    write_files,
)
from handraise.service.learning.encoders import EncoderChoice
from handraise.service.learning.places import alone

ARRAYS = {"numbers": np.arange(5.0), "hashes": np.array([7], dtype=np.uint32)}


def about(**fields):
    usual = {
        "handraise_learned": FORM, "folder": "", "digest": "", "files": {}, "made_with": "0", "made_at": "2026-01-05T09:00:00Z",
        "facts": {"amount": "number"}, "reads_text": True, "least_rate": 0.01, "encoder": EncoderChoice(kind="words"),
        "types": ("refund", "delay"), "summary": {"rows": 12},
    }  # fmt: skip
    return Manifest(**(usual | fields))


def written(folder, said=0, **fields):
    return write_files(folder, about(**fields), {"said": said}, ARRAYS)


@pytest.fixture
def known(tmp_path):
    folder = tmp_path / "known"
    written(folder)
    return folder


def rewritten(folder, fields):
    """Write a manifest as somebody would who edits it by hand."""
    place = folder / MANIFEST
    content = msgspec.json.decode(place.read_bytes()) | fields
    place.write_bytes(msgspec.json.encode(content))


def refused(folder):
    """Return the one line and the remedy with which both ways of reading refuse a folder."""
    with pytest.raises(InputError) as first:
        described(folder)
    with pytest.raises(InputError) as second:
        read_files(folder)
    assert first.value.message == second.value.message
    return first.value


def files_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_what_was_written_is_read_again(known):
    manifest, files = read_files(known)
    assert files.keys() == {META, "numbers.npy", "hashes.npy"} == manifest.files.keys()
    assert msgspec.json.decode(files[META]) == {"said": 0}
    assert manifest.types == ("refund", "delay")
    inside = [f"{manifest.folder}/{name}" for name in (MANIFEST, *files)]
    assert files_in(known) == sorted([MANIFEST, *inside])
    assert read_files(known / manifest.folder) == (manifest, files)


def test_a_table_reads_what_it_needs_of_them(known):
    learned, types = described(known)
    assert types == ("refund", "delay")
    assert learned.digest == read_manifest(known).digest
    assert (learned.folder, learned.reads_text, learned.least_rate) == ("known", True, 0.01)
    assert learned.facts == {"amount": "number"}


def test_the_same_content_has_the_same_digest_and_any_other_another(tmp_path):
    first = written(tmp_path / "a").digest
    assert written(tmp_path / "b", made_at="2026-02-01T00:00:00Z", summary={}).digest == first
    others = [
        written(tmp_path / "c", said=1),
        written(tmp_path / "d", least_rate=0.001),
        written(tmp_path / "e", encoder=EncoderChoice(kind="bundled")),
        written(tmp_path / "f", types=("refund",)),
        written(tmp_path / "g", facts={}),
        written(tmp_path / "h", reads_text=False),
    ]
    assert len({first, *(one.digest for one in others)}) == 7


@pytest.mark.parametrize("name", [META, "numbers.npy", "hashes.npy"])
def test_a_damaged_byte_in_any_file_is_refused(known, name):
    place = known / read_manifest(known).folder / name
    content = bytearray(place.read_bytes())
    content[len(content) // 2] ^= 1
    place.write_bytes(content)
    error = refused(known)
    assert error.message == f"{place}: is damaged: it is not what was written"
    assert error.hint == "run `handraise learn` again"


@pytest.mark.parametrize("name", [META, "numbers.npy"])
def test_a_missing_file_is_refused(known, name):
    place = known / read_manifest(known).folder / name
    place.unlink()
    assert refused(known).message == f"{place}: is missing from the learned files"


@pytest.mark.skipif(os.name == "nt", reason="folders are read otherwise there")
def test_a_file_that_cannot_be_read_is_refused(known):
    place = known / read_manifest(known).folder / META
    place.unlink()
    place.mkdir()
    assert refused(known).message == f"{place}: cannot be read (Is a directory)"


def test_a_missing_folder_holds_no_learned_files(tmp_path):
    error = refused(tmp_path / "known")
    assert error.message == f"{tmp_path / 'known'}: holds no learned files ({MANIFEST} is missing)"
    assert error.hint == "run `handraise learn DATA --table TABLE` to write them"


def test_an_empty_folder_holds_no_learned_files(tmp_path):
    assert "holds no learned files" in refused(tmp_path).message


def test_half_written_files_without_a_manifest_are_refused(known):
    (known / MANIFEST).unlink()
    assert "holds no learned files" in refused(known).message


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"name": "a web application", "icons": []}',
        b"[1, 2]",
        b"\xff\xfe",
        b'{"summary": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_a_damaged_or_foreign_manifest_is_refused(known, content):
    (known / MANIFEST).write_bytes(content)
    assert refused(known).message == (
        f"{known / MANIFEST}: is damaged, or no manifest of learned files"
    )


def test_a_truncated_manifest_is_refused(known):
    content = (known / MANIFEST).read_bytes()
    (known / MANIFEST).write_bytes(content[: len(content) // 2])
    assert "is damaged" in refused(known).message


def test_a_manifest_too_large_to_be_one_is_refused(known):
    with (known / MANIFEST).open("ab") as file:
        file.truncate(17_000_000)
    assert refused(known).message == f"{known / MANIFEST}: is too large to be one"


@pytest.mark.skipif(os.name == "nt", reason="folders are read otherwise there")
def test_a_manifest_that_cannot_be_read_is_refused(known):
    (known / MANIFEST).unlink()
    (known / MANIFEST).mkdir()
    assert refused(known).message == f"{known / MANIFEST}: cannot be read (Is a directory)"


@pytest.mark.skipif(os.name == "nt", reason="there are no such pipes there")
@pytest.mark.parametrize("name", [MANIFEST, META])
def test_a_pipe_in_the_place_of_a_file_is_refused_and_not_waited_for(known, name):
    place = known / name if name == MANIFEST else known / read_manifest(known).folder / name
    place.unlink()
    os.mkfifo(place)
    assert refused(known).message == f"{place}: is no plain file"


def test_an_array_too_large_to_be_one_is_refused_unread(known):
    place = known / read_manifest(known).folder / "numbers.npy"
    with place.open("ab") as file:
        file.truncate(200_000_001)
    assert refused(known).message == f"{place}: is too large to be one"


def test_what_would_be_too_large_to_be_read_is_not_written(tmp_path):
    large = {"numbers": np.zeros(200_000_000, dtype=np.uint8)}
    with pytest.raises(InputError, match=r"numbers\.npy would be larger than 200 MB"):
        write_files(tmp_path / "known", about(), {}, large)
    assert not (tmp_path / "known" / MANIFEST).exists()


def test_other_files_than_the_wanted_ones_are_refused(known):
    digest = read_manifest(known).digest
    assert read_files(known, digest)[0].digest == digest
    written(known, said=1)
    with pytest.raises(InputError, match="no longer those that the table names"):
        read_files(known, digest)
    assert read_files(known / digest[:16], digest)[0].digest == digest


@pytest.mark.parametrize(
    "fields",
    [
        {"least_rate": 0.0001},
        {"types": ["refund", "delay", "anything"]},
        {"reads_text": False},
        {"facts": {}},
        {"encoder": {"kind": "bundled"}},
        {"digest": "0" * 64},
        {"folder": ".."},
        {"folder": ""},
        {"folder": "0" * 16},
        {"files": {}},
    ],
)
def test_an_edited_manifest_is_refused(known, fields):
    rewritten(known, fields)
    assert refused(known).message == f"{known / MANIFEST}: was edited: its digest does not fit"


def test_a_form_of_the_future_is_refused(known):
    rewritten(known, {"handraise_learned": FORM + 1})
    assert refused(known).message == (
        f"{known / MANIFEST}: has form {FORM + 1}; this release reads form {FORM}"
    )


@pytest.mark.parametrize("name", ["../outside.npy", "/outside.npy", "a/b.npy"])
def test_a_file_outside_is_refused(tmp_path, name, known):
    (tmp_path / "outside.npy").write_bytes(b"")
    manifest = msgspec.structs.replace(read_manifest(known), files={name: "0" * 64})
    forged(known, manifest)
    assert refused(known).message == f"{known}: names a file outside"


def test_a_name_that_no_file_can_have_is_refused(known):
    forged(known, msgspec.structs.replace(read_manifest(known), files={"a\0b": "0" * 64}))
    assert "cannot be read" in refused(known).message


def forged(folder, manifest):
    """Write a manifest with the digest it should have: whoever can write it can work that out."""
    digest = _digest_of(manifest)
    made = msgspec.structs.replace(manifest, digest=digest, folder=digest[:16])
    (folder / MANIFEST).write_bytes(msgspec.json.encode(made))


def test_half_written_new_files_leave_the_old_ones_in_force(known):
    before, _ = read_files(known)
    other = written(known.parent / "other", said=1)
    shutil.copytree(known.parent / "other" / other.folder, known / other.folder)
    (known / ".writing-abc").mkdir()
    (known / ".writing-abc" / META).write_bytes(b"{")
    assert read_files(known)[0] == before
    assert written(known, said=2).digest == read_files(known)[0].digest != before.digest


def test_a_first_writing_that_broke_off_can_be_begun_again(tmp_path):
    folder = tmp_path / "known"
    (folder / ".writing-abc").mkdir(parents=True)
    assert check_place(folder) == ""
    made = written(folder)
    (folder / MANIFEST).unlink()
    assert check_place(folder) == ""
    assert written(folder) == made


@pytest.mark.skipif(os.name == "nt", reason="folders cannot be locked there")
def test_one_writes_at_a_time_and_the_second_is_told(known):
    before = files_in(known)
    with alone(known), pytest.raises(InputError, match="somebody else is writing") as error:
        written(known, said=1)
    assert error.value.hint == "wait until they are done, and see whether theirs is enough"
    assert files_in(known) == before
    assert written(known, said=1).digest == read_files(known)[0].digest


def test_what_a_writer_left_long_ago_goes_and_what_is_fresh_stays(known):
    for name in (".writing-old", ".writing-new"):
        (known / name).mkdir()
        (known / name / META).write_bytes(b"{")
    long_ago = (known / ".writing-new").stat().st_mtime - 3_700
    os.utime(known / ".writing-old", (long_ago, long_ago))
    written(known, said=1)
    assert not (known / ".writing-old").exists()
    assert (known / ".writing-new").exists()


def test_older_files_go_and_those_before_stay(known):
    first = read_manifest(known).folder
    second, third = written(known, said=1).folder, written(known, said=2).folder
    assert {path.name for path in known.iterdir()} == {MANIFEST, second, third}
    assert first not in (second, third)


def test_the_same_files_can_be_written_again_and_again(known):
    first = read_manifest(known)
    assert written(known) == first
    assert written(known) == read_files(known)[0]


def test_learning_again_mends_damaged_files(known):
    manifest = read_manifest(known)
    place = known / manifest.folder / "numbers.npy"
    place.write_bytes(b"damaged")
    assert written(known).digest == manifest.digest
    assert read_files(known)[0].digest == manifest.digest
    (known / MANIFEST).write_bytes(b"damaged")
    assert written(known).digest == read_files(known)[0].digest


@pytest.mark.parametrize("name", ["notes.txt", MANIFEST, "0123456789abcdef"])
def test_a_folder_with_other_files_is_left_alone(tmp_path, name):
    (tmp_path / name).write_text("ours")
    with pytest.raises(InputError, match="holds other files") as error:
        written(tmp_path)
    assert error.value.hint == "name a folder of its own for what is learned"
    assert files_in(tmp_path) == [name]
    assert (tmp_path / name).read_text() == "ours"


def test_a_place_that_is_a_file_cannot_be_written(tmp_path):
    (tmp_path / "known").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        written(tmp_path / "known")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nothing is refused to root")
def test_a_folder_that_must_not_be_written_is_told(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="cannot be written"):
        written(tmp_path / "known")
    tmp_path.chmod(0o700)


def test_arrays_of_objects_are_never_written(tmp_path):
    with pytest.raises(ValueError, match="Object arrays cannot be saved"):
        write_files(tmp_path / "known", about(), {}, {"odd": np.array([object()])})
    assert not (tmp_path / "known" / MANIFEST).exists()


def test_readers_see_the_old_files_or_the_new_ones_while_they_are_replaced(known):
    digests = {read_manifest(known).digest}
    seen: list[str] = []
    failed: list[Exception] = []
    done = threading.Event()

    def reading():
        while not done.is_set():
            try:
                manifest, files = read_files(known)
                assert msgspec.json.decode(files[META])["said"] in range(40)
                seen.append(manifest.digest)
            except Exception as error:  # noqa: BLE001 - whatever it is, it must not be
                failed.append(error)

    readers = [threading.Thread(target=reading) for _ in range(2)]
    for reader in readers:
        reader.start()
    for said in range(1, 40):
        digests.add(written(known, said=said).digest)
    done.set()
    for reader in readers:
        reader.join()
    assert failed == []
    assert len(set(seen)) > 1
    assert set(seen) <= digests


def test_folder_names_do_not_leave_this_folder(known):
    assert Path(read_manifest(known).folder).name == read_manifest(known).folder
