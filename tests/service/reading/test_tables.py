"""Reading tables from files: whatever is wrong with a file is said, with its name."""

from pathlib import Path

import pytest

from handraise.errors import InputError, TableError
from handraise.service.reading.tables import (
    labelled_types,
    open_table,
    read_table,
    read_text,
    tables_in,
)
from tests.support.operation import TABLE

LABELLED = TABLE.replace("known: [refund_request]", "known: {file: past.csv, column: type}")


def test_a_table_is_read_with_its_findings(tmp_path: Path) -> None:
    path = tmp_path / "handraise.yaml"
    path.write_text("\ufeff" + TABLE, encoding="utf-8")
    table, reading = open_table(path)
    assert table.agent == "support-agent"
    assert reading.findings == ()
    path.write_text(TABLE.replace("mailto:dana@example.com", "slak://x"))
    found = read_table(path)
    assert found.table is None
    assert "no channel understands this URL" in found.errors[0].line_text()
    assert found.errors[0].file == str(path)
    with pytest.raises(TableError, match="no channel understands"):
        open_table(path)


def test_the_known_types_may_stand_in_a_labelled_file(tmp_path: Path) -> None:
    (tmp_path / "handraise.yaml").write_text(LABELLED)
    (tmp_path / "past.csv").write_text("type,text\nrefund_request,a\n cancel ,b\n,c\nshort\n")
    table, _ = open_table(tmp_path / "handraise.yaml")
    assert table.known.types == ("cancel", "refund_request", "short")


@pytest.mark.parametrize(
    "content",
    ["type;text\nrefund_request;a,b\nshort;c\n", "text\ttype\na\trefund_request\nb\tshort"],
)
def test_a_labelled_file_may_be_separated_otherwise(content: str, tmp_path: Path) -> None:
    (tmp_path / "past.csv").write_text(content)
    assert labelled_types(tmp_path / "past.csv", "type") == ["refund_request", "short"]


def test_a_labelled_file_of_another_encoding_is_to_be_saved_as_utf8(tmp_path: Path) -> None:
    (tmp_path / "past.csv").write_bytes("type\nrück\n".encode("latin-1"))
    with pytest.raises(InputError, match="not UTF-8 text") as refused:
        labelled_types(tmp_path / "past.csv", "type")
    assert refused.value.hint == "save it as UTF-8"


def test_a_contacts_variable_that_is_not_set_here_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "handraise.yaml"
    path.write_text(TABLE.replace("mailto:dana@example.com", "${DANA_AT}"))
    monkeypatch.delenv("DANA_AT", raising=False)
    assert [one.code for one in read_table(path).findings] == ["unset-variable"]
    monkeypatch.setenv("DANA_AT", "mailto:dana@example.com")
    assert open_table(path)[1].findings == ()


def test_text_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff")
    for name in ("none", "bytes", "."):
        with pytest.raises(InputError, match=str(tmp_path)):
            read_text(tmp_path / name)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"kind\nx\n", 'no column "type"'),
        (b"", 'no column "type"'),
        (b"type\n\n", "0 different labels"),
        (b"type\n" + b"\n".join(b"t%d" % n for n in range(5_001)), "5,001 different labels"),
        (b"type\n\xff\n", "not UTF-8 text"),
        (b"type\n" + b"x" * 200_000, "is no CSV"),
        (None, "no such file"),
    ],
)
def test_a_labelled_file_that_is_none_is_refused(
    content: bytes | None, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "past.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=said):
        labelled_types(path, "type")


def test_a_folder_stands_for_its_tables(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", ".hidden.yaml", "notes.txt"):
        (tmp_path / name).write_text("")
    (tmp_path / "folder.yaml").mkdir()
    found = tables_in([tmp_path, tmp_path / "else.yaml"])
    assert [path.name for path in found] == ["a.yml", "b.yaml", "else.yaml"]
    with pytest.raises(InputError, match="holds no table"):
        tables_in([tmp_path / "folder.yaml"])
