"""The forms a page shows, read from its HTML: where each is sent, and what it would send if nobody changed anything."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

LEFT = {"csrfmiddlewaretoken"}
SILENT = {"submit", "button", "image", "reset", "file"}


@dataclass
class Form:
    """One form: its address, the values in it by name, and its file fields."""

    path: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, frozenset[str]]:
        return self.path, frozenset(self.fields)


class _Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.page, self.forms = page, list[Form]()
        self._form: Form | None = None
        self._area: tuple[str, list[str]] | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            is_post = given.get("method", "get").lower() == "post"
            self._form = Form(urljoin(self.page, given.get("action") or self.page)) if is_post else None
        elif self._form is not None:
            self._take(tag, given)

    def _take(self, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in given or self._select not in self._fields):
            self._fields[self._select] = [given.get("value", "")]
        elif tag == "textarea" and name:
            self._area = (name, [])
        elif tag in ("input", "button") and name and name not in LEFT:
            self._put(name, given)

    def _put(self, name: str, given: dict[str, str]) -> None:
        assert self._form is not None
        if given.get("type") == "file":
            self._form.files.append(name)
        elif given.get("type") not in SILENT and (given.get("type") != "radio" or name not in self._fields or "checked" in given):
            self._fields[name] = [given.get("value", "on" if given.get("type") == "checkbox" else "")]
        elif given.get("type") in ("submit", None):
            self._fields.setdefault(name, [given.get("value", "")])

    @property
    def _fields(self) -> dict[str, list[str]]:
        assert self._form is not None
        return self._form.fields

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._form is not None:
            self.forms.append(self._form)
            self._form = None
        elif tag == "textarea" and self._area is not None and self._form is not None:
            self._fields[self._area[0]] = ["".join(self._area[1]).lstrip("\n")]
            self._area = None
        elif tag == "select":
            self._select = ""


def forms_of(page: str, answer: Any) -> list[Form]:
    """The forms of a page that are sent to this host."""
    if answer.streaming or not answer.get("Content-Type", "").startswith("text/html"):
        return []
    reader = _Reader(page)
    reader.feed(answer.content.decode(errors="replace"))
    return [one for one in reader.forms if not urlsplit(one.path).netloc]
