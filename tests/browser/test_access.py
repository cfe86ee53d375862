"""Every page in every state, in a real Chromium: axe, widths, keyboard. `SCREENS=/some/folder` keeps a picture of each (`make screens`).

Walked on a phone in light and on a desk in dark; `ACCESS=all` walks the other two as well.
The list of pages is `scenes.py`; an address of the portal that is not in it fails the first test.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.conftest import Window
from tests.browser.gallery import NOW, PICTURES, Gallery, build
from tests.browser.scenes import NO_PAGES, Scene, scenes, url_name, url_names

pytestmark = pytest.mark.browser
Open = Callable[..., Window]
SCREENS = os.environ.get("SCREENS", "")
SCENES = tuple(os.environ.get("SCENES", "").split(","))  # beginnings of names; all of them unless said
WIDTHS = (320, 390, 768, 1280, 1600)
LONGEST_PICTURE = 2600
PICTURED = [(390, "light"), (1280, "dark")]  # each width and each scheme once
WALKED = [*PICTURED, (390, "dark"), (1280, "light")] if os.environ.get("ACCESS") == "all" else PICTURED
# A letter's preview is a frame without an origin or scripts: axe cannot look inside, and its asking is a complaint in the console.
WCAG = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
    "iframes": False,
}


@pytest.fixture
def gallery(settings: Any, server: str) -> Iterator[Gallery]:
    """The shop of `gallery.py` on this server, on its Tuesday."""
    settings.STATICFILES_DIRS = [PICTURES]
    with time_machine.travel(NOW, tick=True):
        yield build(server)


class Visitor:
    """A browser window per person, width and scheme, kept open from page to page."""

    def __init__(self, chromium: Browser, gallery: Gallery, *, width: int, scheme: str) -> None:
        self.chromium, self.gallery, self.width, self.scheme = chromium, gallery, width, scheme
        self.contexts: dict[str, BrowserContext] = {}
        self.complaints: list[str] = []

    def open(self, scene: Scene) -> Page:
        if scene.who not in self.contexts:
            self.contexts[scene.who] = self._context(scene.who)
        page = self.contexts[scene.who].new_page()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(self.gallery.host + scene.path)
        if scene.then:
            scene.then(page)
        return page

    def _hear(self, message: Any) -> None:
        is_expected = "the server responded with a status of 4" in message.text
        if message.type in ("error", "warning") and not is_expected:
            self.complaints.append(message.text)

    def _context(self, who: str) -> BrowserContext:
        scheme: Any = self.scheme
        context = self.chromium.new_context(viewport={"width": self.width, "height": 900}, color_scheme=scheme, locale="en-US")
        if who:
            name, token = ("guest", self.gallery.tokens["guest"]) if who == "guest" else ("shopper", self.gallery.session(who))
            context.add_cookies([{"name": name, "value": token, "url": self.gallery.host}])
        return context

    def close(self) -> None:
        for context in self.contexts.values():
            context.close()


def test_every_address_of_the_portal_is_a_scene_or_no_page(gallery: Gallery) -> None:
    shown = {scene.url_name for scene in scenes(gallery)} - {""}
    assert shown & NO_PAGES == set()
    assert shown | NO_PAGES == url_names()


def violations(page: Page) -> list[str]:
    """What axe finds, as `rule: the element`."""
    found = Axe().run(page, options=WCAG).response["violations"]
    return [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]


def outline(page: Page, scene: Scene) -> list[str]:
    """What every page must have and axe does not ask for."""
    facts = {
        "one h1": page.locator("main h1").count() == 1,
        "a title of its own": scene.is_framed or (page.title().endswith(" · Aurora") and not page.title().startswith(" ")),
        "a language": page.locator("html").get_attribute("lang") == "en",
        "help": scene.is_framed or page.locator(".masthead").get_by_role("link", name="Help").count() == 1,
    }
    return [f"missing: {name}" for name, holds in facts.items() if not holds]


def elsewhere(page: Page, scene: Scene) -> list[str]:
    """A page that led away says nothing about itself."""
    shown = url_name(urlsplit(page.url).path)
    return [] if shown == scene.url_name else [f"shows {shown or page.url}, not {scene.url_name}"]


def too_wide(page: Page) -> list[str]:
    """Widths at which the page scrolls sideways."""
    found, size = [], page.viewport_size
    assert size is not None
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found += [f"{over} px too wide at {width}"] if over else []
    page.set_viewport_size(size)
    return found


def keep(page: Page, name: str, width: int, scheme: str) -> None:
    """A picture of the page's top, when pictures are asked for."""
    if not SCREENS:
        return
    Path(SCREENS).mkdir(parents=True, exist_ok=True)
    height = min(LONGEST_PICTURE, page.evaluate("document.documentElement.scrollHeight"))
    clip: Any = {"x": 0, "y": 0, "width": width, "height": height}
    path = f"{SCREENS}/{name}-{width}-{scheme}.jpg"
    page.screenshot(path=path, type="jpeg", quality=50, full_page=True, clip=clip)


@pytest.mark.parametrize(("width", "scheme"), WALKED)
def test_axe_finds_nothing_on_any_page_in_any_state(chromium: Browser, gallery: Gallery, width: int, scheme: str) -> None:
    visitor, found = Visitor(chromium, gallery, width=width, scheme=scheme), {}
    for scene in scenes(gallery):
        if not scene.name.startswith(SCENES):
            continue
        page = visitor.open(scene)
        problems = [*elsewhere(page, scene), *violations(page), *outline(page, scene), *visitor.complaints]
        if scheme == "light" and width == 390:
            problems += too_wide(page)
        if (width, scheme) in PICTURED:
            keep(page, scene.name, width, scheme)
        visitor.complaints.clear()
        page.close()
        if problems:
            found[scene.name] = problems
    visitor.close()
    assert found == {}
