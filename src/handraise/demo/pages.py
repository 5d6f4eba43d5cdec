"""Reading the pages as a browser does: forms with their addresses and fields, and links."""

from __future__ import annotations

from html.parser import HTMLParser

from msgspec import Struct


class PageForm(Struct, kw_only=True):
    """A form on a page: where it is sent, and what stands in its fields."""

    action: str
    fields: dict[str, str] = {}


def forms_of(page: str) -> list[PageForm]:
    """Return the forms of a page in order, with what stands in their inputs and text areas.

    Example:
        >>> forms_of('<form action="/x"><input name="a" value="1"></form>')[0].fields
        {'a': '1'}
    """
    return _read(page).forms


def links_of(page: str, beginning: str) -> list[str]:
    """Return where the links of a page lead that begin like this, in order, each once.

    Example:
        >>> links_of('<a href="/table">T</a> <a href="/escalations/1">Refund</a>', "/escalations/")
        ['/escalations/1']
    """
    return [link for link in dict.fromkeys(_read(page).links) if link.startswith(beginning)]


def _read(page: str) -> _PageReader:
    reader = _PageReader()
    reader.feed(page)
    reader.close()
    return reader


class _PageReader(HTMLParser):
    """Collects forms and links while a page is read."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self.links: list[str] = []
        self._inside = False
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(PageForm(action=given.get("action", ""), fields={}))
            self._inside = True
        elif tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif self._inside and tag == "input" and "name" in given:
            self.forms[-1].fields[given["name"]] = given.get("value", "")
        elif self._inside and tag == "textarea" and "name" in given:
            self._area = given["name"]
            self.forms[-1].fields[self._area] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            fields = self.forms[-1].fields
            fields[self._area] = (fields[self._area] + data).removeprefix("\n")
