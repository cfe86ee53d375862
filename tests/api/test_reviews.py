"""Reviews over the REST API: read, answered and decided about one by one, with no way to go by stars or to change a word."""

import csv
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from core.docs import document
from merchants.models import Merchant
from merchants.types import Scope
from orders.models import Order
from reviews.api import examples
from reviews.models import Review, ReviewImport, ReviewNote, ReviewReply, Survey
from reviews.models.ratings import Rating, RatingChange, SurveyAnswer, SurveyScore
from reviews.types import ReviewState
from tests.api.conftest import Caller, caller_of
from tests.reviews.stage import ASKED, DAY, bought, everything, product, review_row

Inside = Callable[[Callable[[], Any]], Any]
ROW = {"product": "shirt", "stars": 4, "text": "Soft.", "author": "Ana", "written_at": "2026-10-02T10:00:00Z", "id": "9"}


@pytest.fixture(autouse=True)
def later(monkeypatch: pytest.MonkeyPatch, _fresh_cache_and_frozen_clock: None) -> None:
    monkeypatch.setattr("core.clock.now", lambda: ASKED)


@pytest.fixture
def order(inside: Inside) -> Order:
    def build() -> Order:
        product()
        return bought()

    row: Order = inside(build)
    return row


@pytest.fixture
def add(inside: Inside, order: Order) -> Callable[..., Review]:
    def make(**over: Any) -> Review:
        row: Review = inside(lambda: review_row(order, **{"order_line": None, **over}))
        return row

    return make


def test_reviews_are_listed_newest_first_and_narrowed(api: Caller, add: Callable[..., Review]) -> None:
    first = add(stars=2)
    second = add(stars=5, product_key="belt")
    add(state="erased", text="", author="")
    found = api.get("/reviews").json()["results"]
    assert [row["id"] for row in found] == [second.public_id, first.public_id]
    assert (found[1]["stars"], found[1]["order_number"], found[1]["is_verified"], found[1]["reply"]) == (2, "1001", True, None)
    for query, expected in (
        ("product=belt", [second]),
        ("stars=2", [first]),
        ("state=rejected", []),
        ("since=2030-01-01T00:00:00Z", []),
        ("product=belt&stars=2", []),
    ):
        assert [row["id"] for row in api.get(f"/reviews?{query}").json()["results"]] == [row.public_id for row in expected], query
    assert api.get(f"/reviews/{first.public_id}").json() == found[1]


@pytest.mark.parametrize("query", ["stars=0", "stars=6", "stars=x", "state=erased", "since=2026-01-01", "order_by=stars", "cursor=x"])
def test_a_filter_that_is_none_is_named(api: Caller, query: str) -> None:
    answer = api.get(f"/reviews?{query}")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [query.partition("=")[0]])


def test_whoever_decides_by_program_sees_no_stars_either(api: Caller, add: Callable[..., Review]) -> None:
    rows = [add(stars=stars, state="pending", decided_at=None) for stars in (1, 5)]
    assert [row["stars"] for row in api.get("/reviews?state=pending").json()["results"]] == [None, None]
    assert [api.get(f"/reviews?stars={stars}").json()["results"] for stars in (1, 5)] == [[], []]
    exported = list(csv.DictReader(StringIO(api.get("/reviews/export").json()["csv"])))
    assert [row["stars"] for row in exported] == ["", ""]
    decided = api.post(f"/reviews/{rows[0].public_id}/decision", {"publish": True}).json()
    assert (decided["state"], decided["stars"]) == ("published", 1)


def test_no_operation_takes_stars_but_the_filter_of_a_list_and_the_import(api: Caller) -> None:
    takes = []
    for path, item in document()["paths"].items():
        for method, told in item.items():
            if path.startswith("/api/v1/reviews") and "stars" in str([p["name"] for p in told.get("parameters", [])]):
                takes.append((path, method))
    assert takes == [("/api/v1/reviews", "get"), ("/api/v1/reviews/export", "get")]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "ground"),
        ({"ground": "too_negative"}, "ground"),
        ({"ground": "abuse", "publish": True}, "ground"),
        ({"ground": "abuse", "stars": 5}, "stars"),
        ({"publish": True, "note": "x"}, "note"),
        ({"publish": "perhaps"}, "publish"),
        ({"ground": "abuse", "note": "x" * 301}, "note"),
        ({"ids": ["a", "b"], "publish": True}, "ids"),
    ],
)
def test_only_the_published_grounds_decide(
    api: Caller, inside: Inside, add: Callable[..., Review], body: dict[str, Any], field: str
) -> None:
    review = add(state="pending", decided_at=None)
    before = inside(everything)
    answer = api.post(f"/reviews/{review.public_id}/decision", body)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert inside(everything) == before


def test_a_review_is_not_published_for_a_ground_and_later_is(api: Caller, add: Callable[..., Review]) -> None:
    path = f"/reviews/{add(state='pending', decided_at=None).public_id}/decision"
    rejected = api.post(path, examples.DECISION).json()
    assert (rejected["state"], rejected["ground"]) == ("rejected", "personal_data")
    assert api.post(path, {"publish": True}).json()["state"] == "published"


def test_a_withdrawn_review_is_nobodys_to_publish(api: Caller, add: Callable[..., Review]) -> None:
    answer = api.post(f"/reviews/{add(state='withdrawn').public_id}/decision", {"publish": True})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["review"])


def test_stars_and_words_are_nobodys_to_change(api: Caller, inside: Inside, add: Callable[..., Review]) -> None:
    review = add(stars=1)
    path = f"/reviews/{review.public_id}"
    for method in ("put", "patch", "delete", "post"):
        assert api.call(method, path, body={"stars": 5, "text": "Great"}, key="k").status_code == 405
    assert api.post(f"{path}/reply", {"text": "Thanks", "stars": 5}).status_code == 400
    found = inside(lambda: (Rating.objects.get().stars, Review.objects.get().text == review.text, RatingChange.objects.count()))
    assert found == (1, True, 0)


def test_a_public_answer_and_a_message_to_the_author(api: Caller, inside: Inside, add: Callable[..., Review]) -> None:
    path = f"/reviews/{add(stars=1).public_id}"
    assert api.post(f"{path}/reply", examples.REPLY).json()["reply"]["text"] == examples.REPLY["text"]
    assert api.post(f"{path}/reply", {"text": "Better words"}).json()["reply"]["text"] == "Better words"
    note = api.post(f"{path}/note", examples.NOTE)
    assert (note.status_code, note.json()["is_of_staff"]) == (201, True)
    assert inside(lambda: (ReviewReply.objects.count(), ReviewNote.objects.count())) == (1, 1)
    for text in ("", "  ", "x" * 2_001):
        assert list(api.post(f"{path}/reply", {"text": text}).json()["fields"]) == ["text"]


def test_reviews_come_along_once_and_what_is_wrong_is_named(api: Caller, inside: Inside, order: Order) -> None:
    body = {"origin_name": "Old shop", "rows": [ROW, {**ROW, "id": "10", "stars": 9}, {**ROW, "id": "11", "is_verified": True}]}
    first = api.post("/reviews/import", body).json()
    assert (first["rows"], first["taken"], first["known"]) == (3, 1, 0)
    assert [(one["row"], one["field"]) for one in first["refused"]] == [(2, "stars"), (3, "is_verified")]
    again = api.post("/reviews/import", body).json()
    assert (again["taken"], again["known"], inside(Review.objects.count)) == (0, 1, 1)
    found = api.get("/reviews").json()["results"][0]
    assert (found["origin"], found["origin_name"], found["is_verified"]) == ("import", "Old shop", False)


def test_the_same_import_sent_twice_is_answered_once(api: Caller, inside: Inside, order: Order) -> None:
    body = {"origin_name": "Old shop", "csv": "product,stars,written_at\nshirt,4,2026-10-02\n"}
    answers = [api.post("/reviews/import", body, key="one") for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert inside(lambda: (ReviewImport.objects.count(), Review.objects.count())) == (1, 1)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"rows": [ROW]}, "origin_name"),
        ({"origin_name": "", "rows": [ROW]}, "origin_name"),
        ({"origin_name": "Old"}, "rows"),
        ({"origin_name": "Old", "rows": []}, "rows"),
        ({"origin_name": "Old", "rows": [ROW], "csv": "x"}, "rows"),
        ({"origin_name": "Old", "rows": [ROW] * 1_001}, "rows"),
        ({"origin_name": "Old", "rows": ["x"]}, "rows.0"),
        ({"origin_name": "Old", "csv": "a,b\n1,2\n"}, "file"),
        ({"origin_name": "Old", "csv": "product,stars,written_at\n"}, "file"),
    ],
)
def test_an_import_that_is_wrong_as_a_whole_changes_nothing(api: Caller, inside: Inside, body: dict[str, Any], field: str) -> None:
    before = inside(everything)
    answer = api.post("/reviews/import", body)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert inside(everything) == before


def test_the_file_holds_no_formula(api: Caller, add: Callable[..., Review]) -> None:
    add(text='=HYPERLINK("https://x.example")', title="+1", author="@sam")
    (row,) = csv.DictReader(StringIO(api.get("/reviews/export").json()["csv"]))
    assert (row["text"][:2], row["title"], row["author"], row["stars"], row["is_verified"]) == ("'=", "'+1", "'@sam", "5", "yes")


def test_the_file_comes_in_parts(api: Caller, add: Callable[..., Review]) -> None:
    for _ in range(3):
        add()
    first = api.get("/reviews/export?limit=2").json()
    second = api.get(f"/reviews/export?limit=2&cursor={first['next_cursor']}").json()
    assert [len(list(csv.DictReader(StringIO(part["csv"])))) for part in (first, second)] == [2, 1]
    assert second["next_cursor"] is None


def test_another_merchants_reviews_do_not_exist(stranger: Caller, inside: Inside, add: Callable[..., Review]) -> None:
    path = f"/reviews/{add().public_id}"
    before = inside(everything)
    assert stranger.get("/reviews").json()["results"] == []
    assert len(stranger.get("/reviews/export").json()["csv"].splitlines()) == 1
    answers = [stranger.get(path), stranger.post(f"{path}/reply", examples.REPLY), stranger.post(f"{path}/note", examples.NOTE)]
    answers += [stranger.post(f"{path}/decision", {"publish": True}), stranger.get("/surveys/csat/results")]
    assert [answer.status_code for answer in answers] == [404] * 5
    assert inside(everything) == before


def test_an_erased_review_does_not_exist(api: Caller, add: Callable[..., Review]) -> None:
    path = f"/reviews/{add(state=ReviewState.ERASED, text='', author='').public_id}"
    assert [api.get(path).status_code, api.post(f"{path}/reply", examples.REPLY).status_code] == [404, 404]


def test_a_key_needs_its_scope(acme: Merchant, inside: Inside, add: Callable[..., Review]) -> None:
    path = f"/reviews/{add().public_id}"
    reader, writer = caller_of(acme, Scope.REVIEWS_READ), caller_of(acme, Scope.REVIEWS_WRITE)
    before = inside(everything)
    reads = ["/reviews", path, "/reviews/export", "/surveys/csat/results"]
    assert [writer.get(read).status_code for read in reads] == [403] * 4
    bodies = {f"{path}/reply": examples.REPLY, f"{path}/note": examples.NOTE, f"{path}/decision": {"publish": True}}
    bodies["/reviews/import"] = examples.IMPORT
    assert [reader.post(step, body).status_code for step, body in bodies.items()] == [403] * 4
    assert inside(everything) == before


def test_a_list_takes_the_same_queries_whatever_is_on_it(
    api: Caller, add: Callable[..., Review], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    api.get("/reviews")
    for _ in range(9):
        add()
    with django_assert_max_num_queries(14):
        assert len(api.get("/reviews").json()["results"]) == 9


def test_the_results_of_a_survey_are_read(api: Caller, inside: Inside) -> None:
    question = {"key": "happy", "kind": "csat", "text": {"en": "How was it?"}, "is_required": True}

    def build() -> None:
        row = Survey.objects.create(name="S", key="csat", definition={"questions": [question]}, created_at=ASKED, updated_at=ASKED)
        for n, value in enumerate((5, 5, 3)):
            told = {"carrier_code": "dhl" if n else "", "language": "en", "at": ASKED - DAY}
            answer = SurveyAnswer.objects.create(survey=row, version=1, subject=f"order:{n}", **told)
            SurveyScore.objects.create(answer=answer, question="happy", kind="csat", value=value)

    inside(build)
    found = api.get("/surveys/csat/results?by=carrier").json()
    (told,) = found["questions"]
    assert (found["key"], found["n"], told["key"], told["n"], round(told["value"], 2)) == ("csat", 3, "happy", 3, 4.33)
    assert told["low"] < told["value"] < told["high"]
    assert sorted((one["name"], one["n"]) for one in told["segments"]) == [("", 1), ("dhl", 2)]
    until = (ASKED - 2 * DAY).isoformat().replace("+", "%2B")
    assert api.get(f"/surveys/csat/results?until={until}").json()["n"] == 0
    assert [api.get(f"/surveys/csat/results?{query}").status_code for query in ("by=stars", "since=x")] == [400, 400]
    assert api.get("/surveys/none/results").status_code == 404
