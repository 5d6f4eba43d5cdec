"""Takes pictures of pages: each one on a desk by day and on a phone by night."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct
from playwright.sync_api import Browser, Page

from handraise.service.wiring import Operation

LARGEST = 150_000
"""So many bytes a picture of the documents has at most: they are in the repository."""


class Look(Struct, frozen=True):
    """On what a page is looked at: `suffix` of the picture's name, colour scheme, size."""

    suffix: str
    scheme: str
    width: int
    height: int


LOOKS = (Look("", "light", 1280, 860), Look("-phone", "dark", 390, 844))


class Shot(Struct, frozen=True):
    """A picture to take: its name, the path of the page, and what is done there first."""

    name: str
    path: str
    first: Callable[[Page], None] | None = None


class Album:
    """A folder of pictures."""

    def __init__(self, browser: Browser, folder: Path, wanted: frozenset[str] | None) -> None:
        """Begin.

        Args:
            browser: looks at the pages.
            folder: takes the pictures.
            wanted: the names of those that are kept, none larger than `LARGEST`; None keeps all,
                each whole.
        """
        self._browser = browser
        self._folder = folder
        self._wanted = wanted

    def take(self, operation: Operation, person: str | None, shots: Sequence[Shot]) -> None:
        """Take pages as one person sees them, or a stranger where there is none."""
        for look in LOOKS:
            wanted = [shot for shot in shots if self._is_wanted(shot.name + look.suffix)]
            if not wanted:
                continue
            with self.looking(look) as page:
                if person is not None:
                    page.goto(operation.door.link(person))
                    page.locator("main button.main").click()
                for shot in wanted:
                    page.goto(f"{operation.settings.base_url}{shot.path}")
                    if shot.first is not None:
                        shot.first(page)
                    self.keep(page, shot.name + look.suffix)

    @contextmanager
    def looking(self, look: Look) -> Iterator[Page]:
        """Yield a fresh page of one look."""
        context = self._browser.new_context(
            viewport={"width": look.width, "height": look.height},
            color_scheme="dark" if look.scheme == "dark" else "light",
            reduced_motion="reduce",
        )
        yield context.new_page()
        context.close()

    def keep(self, page: Page, name: str) -> None:
        """Keep a picture of a whole page; in the documents, of as much of its head as fits."""
        if not self._is_wanted(name):
            return
        size = page.viewport_size or {"width": LOOKS[0].width, "height": LOOKS[0].height}
        page.evaluate("scrollTo(0, 0)")
        for image in page.locator("img").all():
            image.evaluate("image => { image.loading = 'eager'; return image.decode(); }")
        width, height = page.evaluate("[innerWidth, document.documentElement.scrollHeight]")
        # As high as the page, so that what is fixed to the foot of the window stands at its foot.
        page.set_viewport_size({"width": width, "height": height})
        taken = page.screenshot()
        while self._wanted is not None and len(taken) > LARGEST:
            height = int(height * max(0.95 * LARGEST / len(taken), 0.5)) // 10 * 10
            page.set_viewport_size({"width": width, "height": height})
            taken = page.screenshot()
        page.set_viewport_size(size)
        (self._folder / f"{name}.png").write_bytes(taken)

    def _is_wanted(self, name: str) -> bool:
        return self._wanted is None or name in self._wanted
