"""A real Chromium against the real WSGI application, served over HTTP from a thread."""

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
expect.set_options(timeout=60_000)  # the machine may be busy: a state is waited for, however long it takes to come


class QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@dataclass(slots=True)
class Busy:
    """The application, and how many requests are in it: a page that is closed leaves its last ones running."""

    serve: Any
    running: int = 0
    change: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, environ: Any, start_response: Any) -> Any:
        self._count(1)
        try:
            return self.serve(environ, start_response)
        finally:
            self._count(-1)

    def _count(self, step: int) -> None:
        with self.change:
            self.running += step
            self.change.notify_all()

    def until_quiet(self) -> None:
        """Tables are emptied only when no request holds a lock on them."""
        with self.change:
            assert self.change.wait_for(lambda: self.running == 0, timeout=300), "a request never ended"


@pytest.fixture
def server(real_commits: None, settings: Any) -> Iterator[str]:
    """`localhost:<port>` as platform host: every merchant answers at `<slug>.localhost:<port>`, which Chromium finds itself."""
    web = ThreadedWSGIServer(("127.0.0.1", 0), QuietHandler)
    settings.PLATFORM_HOST, settings.PUBLIC_SCHEME = f"localhost:{web.server_port}", "http"
    settings.SECURE_CROSS_ORIGIN_OPENER_POLICY = None  # ignored over plain http, and said so in the console
    busy = Busy(get_wsgi_application())
    web.set_app(busy)
    thread = threading.Thread(target=web.serve_forever, daemon=True)
    thread.start()
    yield settings.PLATFORM_HOST
    web.shutdown()
    web.server_close()
    thread.join(timeout=300)
    busy.until_quiet()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail(f"{CHROMIUM} is missing and REQUIRE_ALL=1")
        pytest.skip(f"no Chromium at {CHROMIUM}")
    # Playwright's own loop makes Django think the test is async; the ORM is only used between its calls.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@dataclass(slots=True)
class Window:
    """A browser window that remembers what its console complained about."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def hear(self, text: str) -> None:
        """A page drawn too late to be faded in is simply shown; Chromium says so, and that is no fault of the page."""
        if not text.startswith("Transition was "):
            self.complaints.append(text)

    def overflow(self) -> int:
        """Pixels the page is wider than the window; 0 means no horizontal scrolling. A page on its way is waited for."""
        self.page.wait_for_function("document.readyState === 'complete'")
        width: int = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        return width


@pytest.fixture
def window(chromium: Browser) -> Iterator[Callable[..., Window]]:
    contexts: list[BrowserContext] = []

    def open_window(*, width: int = 390, height: int = 900, scheme: Any = "light", language: str = "en-US", script: bool = True) -> Window:
        context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, locale=language, java_script_enabled=script
        )
        context.set_default_timeout(60_000)
        contexts.append(context)
        opened = Window(context.new_page())
        opened.page.on("console", lambda message: opened.hear(message.text) if message.type in ("error", "warning") else None)
        opened.page.on("pageerror", lambda error: opened.hear(str(error)))
        return opened

    yield open_window
    for context in contexts:
        context.close()
