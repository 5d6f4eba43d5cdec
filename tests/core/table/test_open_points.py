"""What a table says is open is a warning at its place; nothing else is."""

from handraise.core.table.open_points import open_points
from handraise.core.table.read import read
from handraise.core.table.source import read_source
from handraise.demo.example import MISSION_TABLE


def test_an_open_point_is_a_warning_with_the_lines_that_go_on_below_it() -> None:
    text = (
        "a: 1\n  # OPEN: who decides\n  #   at night?\n# other\n# OPEN: when?\n#\nb: '# OPEN: x'\n"
    )
    source, _ = read_source(text, "t.yaml")
    assert source is not None
    assert [one.line_text() for one in open_points(source)] == [
        "t.yaml:2:3: warning: open: who decides at night?; settle it, then take the comment out",
        "t.yaml:5:1: warning: open: when?; settle it, then take the comment out",
    ]


def test_a_table_with_open_points_can_be_used() -> None:
    reading = read(MISSION_TABLE + "# OPEN: who else?\n")
    assert reading.table is not None
    assert "open" in {one.code for one in reading.findings}
