"""Drawn plots made fit to stand within a page: named, described, apart from each other, harmless.

INVARIANT: only shapes and words come through. Whatever else a drawing might hold, a script or an
address, makes the report fail instead of being passed on.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from handraise.errors import SettingsError
from handraise.service.plots.look import COLOURS, Look

_SVG = "{http://www.w3.org/2000/svg}"
_SHAPES = frozenset(
    {"svg", "g", "path", "text", "tspan", "rect", "line", "circle", "defs", "clipPath"}
)
_DROPPED = frozenset({"role", "class", "version", "cursor", "pointer-events"})
_KEPT = re.compile(r"[a-z][a-zA-Z-]*\d?")
_OWN = re.compile(r"url\(#([\w-]+)\)")


def inlined(drawn: bytes, *, id: str, title: str, about: str) -> str:
    """Return a drawing as an element of a page.

    Args:
        drawn: the SVG, as `plots.drawing` gives it.
        id: no other drawing of the page has it; letters, digits and `-`.
        title: what it shows.
        about: what is on it, for those who do not see it.

    Raises:
        SettingsError: it holds something else than shapes and words.
    """
    root = ElementTree.fromstring(drawn)  # noqa: S314 - drawn by a process of ours
    for element in root.iter():
        _tame(element, id)
    width, height = root.attrib.pop("width", ""), root.attrib.pop("height", "")
    root.attrib = {
        "viewBox": root.attrib.get("viewBox", f"0 0 {width} {height}"),
        "role": "img",
        "aria-labelledby": f"{id}-title {id}-about",
    }
    for place, (name, words) in enumerate((("title", title), ("desc", about))):
        child = ElementTree.Element(name, {"id": f"{id}-{'about' if place else 'title'}"})
        child.text = words
        root.insert(place, child)
    return ElementTree.tostring(root, encoding="unicode")


def _tame(element: ElementTree.Element, id: str) -> None:
    """Keep of an element what draws; make its own names unlike those of other drawings."""
    name = element.tag.removeprefix(_SVG)
    if name not in _SHAPES:
        raise SettingsError(f'a plot holds a "{name}", which has no place on a page', "")
    element.tag = name
    for attribute, value in list(element.attrib.items()):
        is_shown = _KEPT.fullmatch(attribute) and not attribute.startswith("on")
        if not is_shown or attribute in _DROPPED or attribute.startswith("aria"):
            del element.attrib[attribute]
        elif attribute == "id":
            element.attrib[attribute] = f"{id}-{value}"
        elif "url(" in value:
            own = _OWN.fullmatch(value)
            if own is None:
                raise SettingsError("a plot names an address, which has no place on a page", "")
            element.attrib[attribute] = f"url(#{id}-{own[1]})"


def dark_rules() -> tuple[tuple[str, str], ...]:
    """Return for each colour of a light drawing the one that stands for it on a dark ground."""
    light, dark = Look(), Look(is_dark=True)
    return tuple((getattr(light, name), getattr(dark, name)) for name in COLOURS)
