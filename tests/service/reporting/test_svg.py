"""Drawings within a page: named, apart from each other, and nothing but shapes and words."""

import pytest

from handraise.errors import SettingsError
from handraise.service.plots.look import Look
from handraise.service.reporting.svg import dark_rules, inlined

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="20" viewBox="0 0 10 20">'


def drawing(inside: str) -> bytes:
    """Return a drawing that holds something."""
    return f"{HEAD}{inside}</svg>".encode()


def test_a_drawing_is_named_and_described_and_grows_with_its_place() -> None:
    found = inlined(drawing("<g/>"), id="a", title="A <b>", about='"what"')
    assert found == (
        '<svg viewBox="0 0 10 20" role="img" aria-labelledby="a-title a-about">'
        '<title id="a-title">A &lt;b&gt;</title><desc id="a-about">"what"</desc><g /></svg>'
    )


def test_names_within_a_drawing_are_its_own() -> None:
    inside = '<clipPath id="clip0"><rect/></clipPath><g clip-path="url(#clip0)"/>'
    found = inlined(drawing(inside), id="b", title="", about="")
    assert '<clipPath id="b-clip0">' in found
    assert '<g clip-path="url(#b-clip0)" />' in found


def test_words_stay_words() -> None:
    found = inlined(drawing("<text>&lt;script&gt;x</text>"), id="c", title="", about="")
    assert "<text>&lt;script&gt;x</text>" in found


@pytest.mark.parametrize(
    "inside",
    [
        "<script>1</script>",
        "<a/>",
        "<image/>",
        "<foreignObject/>",
        "<style/>",
        '<b xmlns="http://www.w3.org/1999/xhtml"/>',
        '<g fill="url(https://example.com/x)"/>',
        '<g fill="url(data:x)"/>',
    ],
)
def test_anything_else_is_refused(inside: str) -> None:
    with pytest.raises(SettingsError, match="has no place on a page"):
        inlined(drawing(inside), id="d", title="", about="")


@pytest.mark.parametrize(
    "attribute",
    ['onclick="x"', 'class="x"', 'aria-label="x"', 'xml:base="x"', 'role="x"', 'tabIndex9x="x"'],
)
def test_what_does_not_draw_is_left_out(attribute: str) -> None:
    found = inlined(drawing(f'<g {attribute} fill="#fff"/>'), id="e", title="", about="")
    assert '<g fill="#fff" />' in found


def test_each_colour_of_a_light_drawing_has_one_for_the_dark() -> None:
    rules = dark_rules()
    assert (Look().familiar, Look(is_dark=True).familiar) in rules
    light = [one for one, _ in rules]
    assert len(set(light)) == len(light)
