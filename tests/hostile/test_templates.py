"""Every entry of `templates.yaml` against the template editor: checked, previewed and saved, at kinds of messages by turns."""

import itertools
import re
from collections.abc import Callable, Iterator

import pytest
import time_machine
from django.core.cache import cache

from notifications.admin.slots import Slot, slot_of
from notifications.types import Kind
from tests.admin.test_studio import form
from tests.conftest import NOW
from tests.hostile.corpus import IS_DEEP, all_cases, thin
from tests.hostile.rule import Court
from tests.hostile.stage import Street

Courts = Callable[..., Court]
# Of a page: an element that runs, an attribute that runs, an address that runs.
RUNS = re.compile(
    r"<script|<iframe|<object|<embed|<base |<[a-z]+[^>]*\son[a-z]+\s*=|(?:href|src)\s*=\s*[\"']?\s*(?:javascript|data:text)"
    r"|http-equiv=[\"']?refresh|@import",
    re.I,
)
FIELDS = ("source", "text_source", "subject")
SECRETS = ("<class '", "__globals__", "test-secret-key", "<built-in", " object at 0x")


@pytest.fixture(autouse=True)
def friday() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def slots() -> list[Slot]:
    """A place of each kind of message in each channel it has a wording for."""
    found = []
    for kind, channel in itertools.product(Kind.values, ("email", "sms")):
        for style in ("", ".plain"):
            try:
                found.append(slot_of(f"{kind}.{channel}.en{style}"))
                break
            except (LookupError, ValueError, Exception):
                continue
    return found


def test_whatever_is_written_into_the_editor_is_refused_with_its_place_or_harmless(street: Street, court: Courts) -> None:
    judge, owner, places = court("templates", counted=frozenset({"merchants_user", "django_session"})), street.here.owner(), slots()
    assert len(places) >= 30
    around = itertools.cycle(places)
    with judge.sitting():
        for _, name, value in thin(all_cases("templates"), 3):
            slot = next(around)
            for field in (
                FIELDS if slot.is_email and IS_DEEP else (["source", "subject"][hash(name) % 2],) if slot.is_email else ("source",)
            ):
                text = f"<mjml><mj-body><mj-section><mj-column><mj-text>{value}</mj-text></mj-column></mj-section></mj-body></mjml>"
                data = form(slot, **{field: text if field == "source" and slot.is_email else value})
                for page in ("preview", "checks", "studio"):
                    told = {**data, "op": "save"} if page == "studio" else data

                    def call(slot: Slot = slot, page: str = page, told: dict[str, str] = told) -> object:
                        cache.clear()
                        return owner.post(slot.url(page), told)

                    answer = judge.play(slot.key, f"{name} in {field} by {page}", call, value=value)
                    if answer is None or page != "preview" or answer.status_code != 200:
                        continue
                    shown = answer.json().get("html", "") if slot.is_email else ""
                    if found := RUNS.search(shown):
                        judge.blame(f"{name} in {field} of {slot.key}", f"shows {found.group()[:60]!r}")
                    if leaked := [secret for secret in SECRETS if secret in answer.content.decode()]:
                        judge.blame(f"{name} in {field} of {slot.key}", f"tells {leaked}")
    judge.verdict()
