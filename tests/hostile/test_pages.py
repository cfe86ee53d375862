"""Every entry of `portal.yaml` against every page and every form: the shopper's, from the portal's resolver, and the staff's."""

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from tests.admin.addresses import patterns as staff_patterns
from tests.admin.addresses import row_addresses
from tests.conftest import NOW
from tests.hostile.corpus import IS_DEEP, Entry, Rota, entries, thin
from tests.hostile.forms import Form, forms_of
from tests.hostile.rule import Court
from tests.hostile.stage import Street
from tests.portal.addresses import NAMES, arguments, patterns

Courts = Callable[..., Court]
# A refusal may leave a trace: tries are counted, sessions of staff are touched, and looking at a person's data is noted down.
TRACES = frozenset(
    {
        "customers_attempt", "customers_codetry", "customers_signinrequest", "customers_shoppersession", "django_admin_log",
        "django_session", "merchants_auditentry", "merchants_audithead", "merchants_platformentry", "merchants_platformhead",
        "merchants_user", "orders_lookup", "orders_lookupattempt", "support_daycount", "support_reading", "support_searchmiss",
    }
)  # fmt: skip
OUTSIDE = re.compile(r"^(?:[a-zA-Z][a-zA-Z0-9+.-]*:|[\\/\s]{2,})")
HOSTS = {"acme.platform.test", "platform.test"}


@pytest.fixture(autouse=True)
def friday() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def shopper(street: Street) -> Client:
    return street.here.shopper()


@pytest.fixture
def staff(street: Street) -> Client:
    return street.here.owner()


def own_paths(street: Street) -> dict[str, str]:
    """Every address of the portal, filled with what is the shopper's own."""
    return {name: street.here.own.path(name) for name in NAMES}


def staff_paths(street: Street) -> dict[str, str]:
    """Every address of the staff pages that needs no row, or a row of the world's."""
    found = row_addresses(street.here.world)
    for prefix in ("admin", "dashboard"):
        for name, pattern in staff_patterns(prefix):
            if not pattern.pattern.regex.groups and not pattern.pattern.converters:
                found[name] = reverse(name)
    return found


def leads_away(answer: Any) -> bool:
    """Whether an answer sends the browser to somebody else's host."""
    place = answer.get("Location", "") or answer.get("HX-Redirect", "")
    return bool(OUTSIDE.match(place)) and urlsplit(place).hostname not in HOSTS


class Pages:
    """A judge with a browser."""

    def __init__(self, judge: Court, client: Client) -> None:
        self.judge, self.client = judge, client

    def get(self, name: str, case: str, path: str, entry: Entry, **headers: Any) -> Any:
        return self._play(name, case, lambda: self.client.get(path, headers=headers or None), entry)

    def post(self, name: str, case: str, form: Form, fields: Mapping[str, Any], entry: Entry, value: Any = None) -> Any:
        return self._play(name, case, lambda: self.client.post(form.path, fields), entry, value)

    def send(self, name: str, case: str, method: str, path: str, body: Any, entry: Entry) -> Any:
        kind, text = body
        raw = text.encode("utf-8", "surrogatepass")
        return self._play(name, case, lambda: self.client.generic(method, path, raw, kind), entry)

    def _play(self, name: str, case: str, call: Callable[[], Any], entry: Entry, value: Any = None) -> Any:
        def asked() -> Any:
            cache.clear()
            cookies = self.client.cookies.output()
            answer = call()
            if self.client.cookies.output() != cookies:
                self._restore()
            return answer

        answer = self.judge.play(name, case, asked, status=entry.status, value=value)
        if answer is not None and leads_away(answer):
            self.judge.blame(f"{case} at {name}", f"sends the browser to {answer.get('Location')!r}")
        return answer

    def _restore(self) -> None:
        """Signed out or renamed by what was sent: what that wrote is taken back, so the cookies are as well."""
        for name, value in self._kept.items():
            self.client.cookies[name] = value

    def remember(self) -> None:
        self._kept = {name: one.value for name, one in self.client.cookies.items()}


def sitting_of(court: Courts, kind: str, client: Client) -> Pages:
    pages = Pages(court(kind, counted=TRACES), client)
    pages.remember()
    return pages


@dataclass
class Seen:
    """What one kind of visitor is shown: every form once, and the pages that offer a table."""

    forms: list[tuple[str, Form]]
    tables: set[str]


_seen: dict[str, Seen] = {}


def seen(pages: Pages, paths: Mapping[str, str], who: str) -> Seen:
    """Every page asked once in a run: the street stays as it was built."""
    if who not in _seen:
        forms, tables = dict[Any, tuple[str, Form]](), set[str]()
        for name, path in paths.items():
            answer = pages.client.get(path)
            pages._restore()
            for form in forms_of(path, answer):
                forms.setdefault(form.key, (name, form))
            if answer.get("Content-Type", "").startswith("text/csv") or (not answer.streaming and b"export=csv" in answer.content):
                tables.add(name)
        _seen[who] = Seen(list(forms.values()), tables)
    return _seen[who]


def forms_shown(pages: Pages, paths: Mapping[str, str], who: str) -> list[tuple[str, Form]]:
    """Every form on every page, once for each address and set of fields."""
    return seen(pages, paths, who).forms


def played_with(pages: Pages, forms: Sequence[tuple[str, Form]], kinds: list[Entry], most: int) -> None:
    """Each form with `most` entries by turns (all of them in a deep run), each in a field by turns."""
    rotas, turn = {entry.id: Rota(len(forms) * most // len(kinds) or 1) for entry in kinds}, itertools.count()
    around = itertools.cycle(kinds)
    for name, form in forms:
        for entry in kinds if IS_DEEP else [next(around) for _ in range(most)]:
            for case, value in rotas[entry.id].cases(entry):
                places = sorted(form.fields) or ["x"]
                chosen = places if IS_DEEP else [places[next(turn) % len(places)]]
                for place in chosen:
                    text = value.encode("utf-8", "surrogatepass").decode("utf-8", "replace") if isinstance(value, str) else value
                    fields = {**form.fields, place: [text]}
                    pages.post(name, f"{case} in {place}", form, fields, entry, text)


def test_every_form_of_the_shopper_with_values_no_form_expects(street: Street, shopper: Client, court: Courts) -> None:
    pages = sitting_of(court, "portal: forms", shopper)
    with pages.judge.sitting():
        forms = forms_shown(pages, own_paths(street), "portal")
        assert len(forms) >= 30
        played_with(pages, forms, entries("portal", at="field"), 3)
    pages.judge.verdict()


def test_every_form_of_staff_with_values_no_form_expects(street: Street, staff: Client, court: Courts) -> None:
    pages = sitting_of(court, "staff: forms", staff)
    with pages.judge.sitting():
        forms = forms_shown(pages, staff_paths(street), "staff")
        assert len(forms) >= 60
        played_with(pages, thin(forms, 3), entries("portal", at="field"), 2)
    pages.judge.verdict()


def test_forms_with_fields_left_out_given_twice_and_added(street: Street, shopper: Client, staff: Client, court: Courts) -> None:
    for kind, client, paths in (("portal", shopper, own_paths(street)), ("staff", staff, staff_paths(street))):
        pages = sitting_of(court, f"{kind}: shapes of forms", client)
        with pages.judge.sitting():
            rota, forms = Rota(1 if kind == "portal" else 3), forms_shown(pages, paths, kind)
            for (name, form), entry in thin(list(itertools.product(forms, entries("portal", at="shape"))), 2 if kind == "portal" else 5):
                for case, value in rota.cases(entry):
                    more = {"merchant": "1", "is_staff": "on", "id": "1", "<b>": "<b>"}
                    shapes: dict[str, dict[str, Any]] = {
                        "none": {},
                        "twice": {key: one * 2 for key, one in form.fields.items()},
                        "more": {**form.fields, **more},
                    }
                    pages.post(name, case, form, shapes[value], entry)
        pages.judge.verdict()


def test_ids_that_are_none_and_queries_nobody_offered(street: Street, shopper: Client, staff: Client, court: Courts) -> None:
    pages = sitting_of(court, "portal: ids", shopper)
    with pages.judge.sitting():
        rota = Rota(30)
        for name, entry in itertools.product((name for name in NAMES if arguments(name)), entries("portal", at="id")):
            for case, value in rota.cases(entry):
                path = _filled(name, value)
                answer = pages.get(name, case, path, entry)
                if answer is not None and answer.status_code == 200 and name not in ("product-reviews",):
                    pages.judge.blame(f"{case} at {name}", "200")
    pages.judge.verdict()
    for kind, client, paths in (("portal", shopper, own_paths(street)), ("staff", staff, staff_paths(street))):
        pages, rota = sitting_of(court, f"{kind}: queries", client), Rota(len(paths) // 4)
        with pages.judge.sitting():
            for (name, path), entry in thin(
                list(itertools.product(paths.items(), entries("portal", at="query"))), 3 if kind == "portal" else 7
            ):
                for case, value in rota.cases(entry) if not path.endswith("/frame/") else ():
                    pages.get(name, case, f"{path}?{value}", entry)
        pages.judge.verdict()


def _filled(name: str, value: str) -> str:
    """The address with the value in each place of it, as it stands."""
    route = str(patterns()[name].pattern)
    return "/" + re.sub(r"<[^>]+>", value.replace("\\", r"\\"), route)


def test_places_to_go_on_to_are_ours_or_nowhere(street: Street, shopper: Client, court: Courts) -> None:
    unknown = street.here.anybody()
    for kind, client in (("portal: next", shopper), ("portal: next, unknown", unknown)):
        pages = sitting_of(court, kind, client)
        with pages.judge.sitting():
            rota, forms = Rota(4), forms_shown(pages, own_paths(street), kind.replace(": next", ""))
            asking = [one for one in forms if {"next", "back", "to", "path"} & set(one[1].fields)]
            for (name, form), entry in itertools.product(asking, entries("portal", at="next")):
                for case, value in rota.cases(entry):
                    where = next(place for place in ("next", "back", "to", "path") if place in form.fields)
                    pages.post(name, case, form, {**form.fields, where: [value]}, entry, value)
            ways_in = [one for one in own_paths(street).items() if one[0].startswith("sign-in")]
            others, one_each = thin(list(own_paths(street).items()), 6), Rota(22)
            for (name, path), entry in itertools.product([*ways_in, *others], entries("portal", at="next")):
                for case, value in entry.cases() if name == "sign-in" else one_each.cases(entry):
                    pages.get(name, case, f"{path}?next={quote(value)}&back={quote(value)}", entry)
        pages.judge.verdict()


def test_headers_methods_and_bodies_nobody_expects(street: Street, shopper: Client, staff: Client, court: Courts) -> None:
    for kind, client, paths in (("portal", shopper, own_paths(street)), ("staff", staff, staff_paths(street))):
        pages = sitting_of(court, f"{kind}: surroundings", client)
        rotas = {entry.id: Rota(len(paths) // 9) for entry in entries("portal")}
        with pages.judge.sitting():
            for number, (name, path) in enumerate(paths.items()):
                for entry in [one for one in entries("portal") if one.at in ("header", "method", "body")]:
                    if not IS_DEEP and number % (13 if kind == "staff" else 5):
                        continue
                    for case, value in rotas[entry.id].cases(entry):
                        if entry.at == "header":
                            pages.get(name, case, path, entry, **value)
                        elif entry.at == "method":
                            pages.send(name, case, value, path, ("", ""), entry)
                        elif entry.id != "P45" or not number % 10:
                            pages.send(name, case, "POST", path, value, entry)
        pages.judge.verdict()
