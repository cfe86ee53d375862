"""Reviews, unhappy shoppers, surveys and themes on the desk: who sees what, what a press does, and that the queue knows no stars."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from events.models import Event
from merchants.models import Merchant, User
from merchants.scope import merchant_scope
from merchants.types import Role
from reviews.models import Review, ReviewChange, ReviewNote, ReviewPhoto, ReviewReply, Survey, Theme, ThemeMark, Voice
from reviews.models.ratings import FeedbackTask, Rating, SurveyAnswer, SurveyScore
from reviews.services.listening import begin_themes, hear
from tests.admin.world import person, signed_in
from tests.dashboard.test_pages import REVIEW_ACTS, REVIEWS
from tests.dashboard.test_returns import jpeg
from tests.reviews.stage import ASKED, DAY, bought, line_of, product, review_row

AT = ASKED + DAY
FLAG = {"ground": "personal_data", "check": "phone", "field": "text", "found": "+49 30 1234567"}
SAID = "Call me on +49 30 1234567, the shirt runs small."
POSTED = {"only": "x", "text": "Hello", "owner": "me", "note": "No", "voice": "1", "note-en": "We changed the pattern."}
QUESTION = {
    "key": "delivery",
    "kind": "csat",
    "text": {"en": "How was the delivery?"},
    "is_required": True,
    "choices": [],
    "low": 2,
    "reason_text": {},
}
VIEWS = ("base", "moderation", "reviews", "feedback", "surveys", "themes")


def unlost(voice: Voice | None) -> Voice:
    assert voice is not None
    return voice


class Desk:
    """A merchant with a review that waits, one that is published and unhappy with its task, a picture, a survey and a theme."""

    def __init__(self, merchant: Merchant) -> None:
        self.merchant = merchant
        with merchant_scope(merchant.pk):
            product()
            first, second = bought(number="A-1"), bought(number="A-2", tracking_number="T2")
            held: dict[str, Any] = {"state": "pending", "decided_at": None, "flags": [FLAG], "text": SAID, "title": "Too small"}
            self.waiting = review_row(first, stars=1, **held)
            self.other = review_row(first, "L2", stars=5, state="pending", decided_at=None, text="A fine belt.")
            self.published = review_row(second, stars=1, text="It came torn.")
            self.task = FeedbackTask.objects.create(
                review=self.published, order=second, reasons=[["product", 1, 5, "product"]], opened_at=ASKED, due_at=ASKED + 2 * DAY
            )
            line = line_of(second)
            kept: dict[str, Any] = {
                "order": second,
                "order_line": line,
                "created_at": ASKED,
                "ready_at": ASKED,
                "consented_at": ASKED,
                "body": jpeg(),
            }
            self.photo = ReviewPhoto.objects.create(review=self.published, **kept)
            held = {"definition": {"intro": {}, "thanks": {}, "questions": [QUESTION]}, "created_at": ASKED, "updated_at": ASKED}
            self.survey = Survey.objects.create(name="Delivery", key="csat", is_on=True, **held)
            begin_themes(at=ASKED)
            self.theme = Theme.objects.get(key="size")
            said: dict[str, Any] = {
                "source": "review",
                "source_id": str(self.waiting.pk),
                "text": "It runs too small for me",
                "language": "en",
                "at": ASKED,
            }
            self.voice = unlost(hear(**said, product_key="shirt", customer_id=first.customer_id))

    def address(self, name: str, act: str = "") -> str:
        arguments: dict[str, list[Any]] = {
            "review": [self.published.pk],
            "review_photo": [self.photo.public_id],
            "task": [self.task.public_id],
            "survey": [self.survey.pk],
            "theme": [self.theme.pk],
            "review_act": [self.published.pk, act or "reply"],
            "task_act": [self.task.public_id, act or "owner"],
            "theme_act": [self.theme.pk, act or "done"],
        }
        return reverse(f"dashboard:{name}", args=arguments.get(name, []))

    def everything(self) -> list[Any]:
        with merchant_scope(self.merchant.pk):
            tables = (
                Review,
                ReviewChange,
                ReviewNote,
                ReviewPhoto,
                ReviewReply,
                Rating,
                FeedbackTask,
                Survey,
                Theme,
                ThemeMark,
                Voice,
                Event,
            )
            return [
                [{k: bytes(v) if isinstance(v, memoryview) else v for k, v in row.items()} for row in table.objects.order_by("pk").values()]
                for table in tables
            ]

    def review(self, row: Review) -> Review:
        with merchant_scope(self.merchant.pk):
            found: Review = Review.objects.get(pk=row.pk)
            return found

    def steps(self, row: Review) -> list[tuple[str, str, str, str]]:
        """The history of a review: step, ground, note, and who."""
        with merchant_scope(self.merchant.pk):
            rows = ReviewChange.objects.filter(review=row).order_by("pk").select_related("user")
            return [(one.step, one.ground, one.note, one.user.email if one.user else "") for one in rows]


@pytest.fixture(autouse=True)
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VIEWS:
        monkeypatch.setattr(f"dashboard.views.{name}.now", lambda: AT)


@pytest.fixture
def desk(acme: Merchant) -> Desk:
    return Desk(acme)


@pytest.fixture
def sabine(acme: Merchant) -> User:
    return person("sabine@staff.example", acme, Role.SUPPORT, name="Sabine Albrecht")


@pytest.fixture
def support(sabine: User) -> Client:
    return signed_in(sabine)


def body(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return str(answer.content.decode())


# Who


def test_every_role_looks_and_looking_changes_nothing(desk: Desk) -> None:
    before = desk.everything()
    for role in Role.values:
        client = signed_in(person(f"{role}@staff.example", desk.merchant, Role(role)))
        for name in REVIEWS:
            assert client.get(desk.address(name)).status_code == 200, name
            assert client.post(desk.address(name)).status_code == 405, name
    assert desk.everything() == before


def test_viewers_do_not_act_and_acts_need_post_and_token(desk: Desk) -> None:
    before = desk.everything()
    viewer = signed_in(person("viewer@staff.example", desk.merchant, Role.VIEWER))
    owner = person("owner@staff.example", desk.merchant, Role.OWNER)
    for name in REVIEW_ACTS:
        assert viewer.post(desk.address(name), POSTED).status_code == 403, name
        assert signed_in(owner).get(desk.address(name)).status_code == 405, name
        assert signed_in(owner, enforce_csrf_checks=True).post(desk.address(name), POSTED).status_code == 403, name
        assert Client(HTTP_HOST="platform.test").post(desk.address(name))["Location"].startswith("/admin/login/?next=/ops/")
    for name in ("reviews", "review", "task", "theme"):
        assert 'method="post"' not in body(viewer, desk.address(name)), name
    assert desk.everything() == before


def test_the_stranger_finds_nothing_and_changes_nothing(desk: Desk, borealis: Merchant) -> None:
    before = desk.everything()
    client = signed_in(person("owner@borealis.example", borealis, Role.OWNER))
    for name in ("review", "review_photo", "task", "survey", "theme"):
        assert client.get(desk.address(name)).status_code == 404, name
    for name in ("review_act", "task_act", "theme_act"):
        assert client.post(desk.address(name), POSTED).status_code == 404, name
    decide = {"only": desk.waiting.public_id}
    assert client.post(f"{desk.address('review_decide')}?act=publish", decide).status_code == 302
    assert client.post(f"{desk.address('photo_decide')}?act=publish", {"photo": desk.photo.public_id}).status_code == 404
    for name in ("reviews", "decided", "feedback", "surveys", "themes"):
        assert "Linen shirt" not in body(client, desk.address(name)), name
    assert desk.everything() == before


def test_what_is_no_address_is_not_found(desk: Desk, support: Client) -> None:
    for name in ("review_act", "task_act", "theme_act"):
        assert support.post(desk.address(name, "explode")).status_code == 404, name
    for address in ("/ops/reviews/999999/", "/ops/feedback/nobody/", "/ops/surveys/999999/", "/ops/themes/999999/"):
        assert support.get(address).status_code == 404, address
    assert support.get("/ops/reviews/decided/?cursor=nonsense").status_code == 404
    assert support.get("/ops/feedback/?place=nonsense").status_code == 404
    assert support.get(f"{desk.address('theme')}?place=nonsense").status_code == 404
    assert support.get("/ops/reviews/?page=99").status_code == 302


# Moderation is blind


def test_the_queue_is_the_same_whatever_the_stars(desk: Desk, support: Client) -> None:
    def shown() -> list[str]:
        answers = [support.get(address) for address in (desk.address("reviews"), reverse("dashboard:review", args=[desk.waiting.pk]))]
        token = str(answers[0].context["csrf_token"])
        return [
            line for answer in answers for line in answer.content.decode().replace(token, "").splitlines() if "csrfmiddleware" not in line
        ]

    seen = []
    for stars in (1, 5):
        with merchant_scope(desk.merchant.pk):
            Rating.objects.filter(review__in=[desk.waiting, desk.other]).update(stars=stars)
        seen.append(shown())
    assert seen[0] == seen[1]
    page = "\n".join(seen[0])
    assert "★" not in page and "star of 5" not in page and "stars of 5" not in page
    assert "Stars are hidden until it is decided." in page


def test_a_task_is_not_told_while_the_review_waits(desk: Desk, support: Client) -> None:
    with merchant_scope(desk.merchant.pk):
        FeedbackTask.objects.create(review=desk.waiting, reasons=[["product", 1, 5, ""]], opened_at=ASKED, due_at=AT)
    assert "To put right" not in body(support, reverse("dashboard:review", args=[desk.waiting.pk]))
    assert "To put right" in body(support, desk.address("review"))


def test_what_a_check_found_is_marked_where_it_stands(desk: Desk, support: Client) -> None:
    page = body(support, desk.address("reviews"))
    assert 'Call me on <mark title="Names somebody or tells how to reach them">+49 30 1234567</mark>, the shirt runs small.' in page
    assert "2 reviews wait" not in page and "3 reviews wait for a decision." in page  # the picture of the published one waits too
    assert "The words are published. Only the picture waits." in page


def test_markup_in_a_review_stays_text(desk: Desk, support: Client) -> None:
    with merchant_scope(desk.merchant.pk):
        Review.objects.filter(pk=desk.waiting.pk).update(text="<script>alert(1)</script>", author="<b>Sam</b>", flags=[])
    page = body(support, desk.address("reviews"))
    assert "<script>alert" not in page and "<b>Sam" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


# Deciding


def test_one_is_published_and_the_decision_is_taken_back(desk: Desk, support: Client, sabine: User) -> None:
    address = f"{desk.address('review_decide')}?act=publish"
    answer = support.post(address, {"only": desk.waiting.public_id, "back": "/ops/reviews/?page=1"})
    assert answer["Location"] == "/ops/reviews/?page=1"
    assert desk.review(desk.waiting).state == "published"
    assert desk.steps(desk.waiting) == [("published", "", "", sabine.email)]
    assert "1 review published." in body(support, desk.address("reviews"))
    assert "★" in body(support, reverse("dashboard:review", args=[desk.waiting.pk]))
    assert support.post(desk.address("review_undo")).status_code == 302
    assert (desk.review(desk.waiting).state, desk.review(desk.waiting).decided_at) == ("pending", None)
    assert [step for step, *_ in desk.steps(desk.waiting)] == ["published", "restored"]
    support.post(desk.address("review_undo"))
    assert [step for step, *_ in desk.steps(desk.waiting)] == ["published", "restored"]
    assert "There is nothing to undo." in body(support, desk.address("reviews"))


def test_the_way_back_ends_after_a_quarter_of_an_hour(desk: Desk, support: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    support.post(f"{desk.address('review_decide')}?act=publish", {"only": desk.waiting.public_id})
    monkeypatch.setattr("dashboard.views.moderation.now", lambda: AT + timedelta(minutes=16))
    support.post(desk.address("review_undo"))
    assert desk.review(desk.waiting).state == "published"


def test_several_are_not_published_for_one_ground_and_their_authors_are_told_why(desk: Desk, support: Client, sabine: User) -> None:
    address = f"{desk.address('review_decide')}?ground=off_topic"
    support.post(address, {"id": [desk.waiting.public_id, desk.other.public_id], "note": "Tell us about the product."})
    for row in (desk.waiting, desk.other):
        assert (desk.review(row).state, desk.review(row).ground) == ("rejected", "off_topic")
        assert desk.steps(row) == [("rejected", "off_topic", "Tell us about the product.", sabine.email)]
    with merchant_scope(desk.merchant.pk):
        assert Event.objects.filter(type="reviews.review.rejected").count() == 2
    assert "2 reviews not published; their authors are told why." in body(support, desk.address("reviews"))


def test_the_note_beside_one_is_for_that_one(desk: Desk, support: Client) -> None:
    data = {"only": desk.waiting.public_id, f"note-{desk.waiting.public_id}": "Leave the number out.", "note": "for all"}
    support.post(f"{desk.address('review_decide')}?ground=personal_data", data)
    assert desk.steps(desk.waiting)[0][1:3] == ("personal_data", "Leave the number out.")


@pytest.mark.parametrize("query", ["", "?ground=too_negative", "?ground=", "?act=reject", "?ground=low_rating"])
def test_there_is_no_other_ground(desk: Desk, support: Client, query: str) -> None:
    before = desk.everything()
    assert support.post(f"{desk.address('review_decide')}{query}", {"only": desk.waiting.public_id}).status_code == 302
    assert "Choose one of the published grounds." in body(support, desk.address("reviews"))
    assert desk.everything() == before


def test_what_is_decided_is_not_decided_again_from_a_stale_page(desk: Desk, support: Client) -> None:
    before = desk.everything()
    support.post(f"{desk.address('review_decide')}?ground=abuse", {"only": desk.published.public_id})
    assert desk.everything() == before
    assert "Nothing was changed" in body(support, desk.address("reviews"))


def test_what_is_public_is_taken_down_for_a_published_ground_alone(desk: Desk, support: Client, sabine: User) -> None:
    before = desk.everything()
    assert "Decide it anew" not in body(support, desk.address("review"))
    assert support.post(desk.address("review_act", "restore")).status_code == 409
    for ground in ("", "low_stars"):
        assert support.post(desk.address("review_act", "take-down"), {"ground": ground}).status_code == 409
    assert desk.everything() == before
    assert support.post(desk.address("review_act", "take-down"), {"ground": "abuse", "note": "Please stay polite."}).status_code == 302
    assert (desk.review(desk.published).state, desk.review(desk.published).ground) == ("rejected", "abuse")
    assert desk.steps(desk.published) == [("rejected", "abuse", "Please stay polite.", sabine.email)]
    assert support.post(desk.address("review_act", "restore")).status_code == 302
    assert desk.review(desk.published).state == "pending"


def test_a_picture_is_looked_at_on_its_own(desk: Desk, support: Client) -> None:
    picture = {"photo": desk.photo.public_id}
    answer = support.get(desk.address("review_photo"))
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    support.post(f"{desk.address('photo_decide')}?act=publish", picture)
    with merchant_scope(desk.merchant.pk):
        assert ReviewPhoto.objects.get().state == "published"
    assert desk.review(desk.published).has_photos
    support.post(f"{desk.address('photo_decide')}?ground=personal_data", picture)
    with merchant_scope(desk.merchant.pk):
        assert (ReviewPhoto.objects.get().state, ReviewPhoto.objects.get().ground) == ("rejected", "personal_data")
    assert not desk.review(desk.published).has_photos
    assert "The words are published. Only the picture waits." not in body(support, desk.address("reviews"))


def test_a_picture_its_author_does_not_want_shown_cannot_be_shown(desk: Desk, support: Client) -> None:
    with merchant_scope(desk.merchant.pk):
        ReviewPhoto.objects.update(consented_at=None)
    before = desk.everything()
    support.post(f"{desk.address('photo_decide')}?act=publish", {"photo": desk.photo.public_id})
    assert desk.everything() == before


# Answers


def test_a_review_is_answered_in_public_the_answer_changed_and_taken_away(desk: Desk, support: Client, sabine: User) -> None:
    assert support.post(desk.address("review_act", "reply"), {"text": "We are sorry."}).status_code == 302
    support.post(desk.address("review_act", "reply"), {"text": "We are sorry, Sam."})
    with merchant_scope(desk.merchant.pk):
        reply = ReviewReply.objects.get()
        assert (reply.text, reply.user) == ("We are sorry, Sam.", sabine)
        assert Event.objects.filter(type="reviews.review.replied").count() == 1
    assert "We are sorry, Sam." in body(support, desk.address("review"))
    assert support.post(desk.address("review_act", "remove-reply")).status_code == 302
    with merchant_scope(desk.merchant.pk):
        assert not ReviewReply.objects.exists()


@pytest.mark.parametrize("text", ["", "   ", "\u200b", "x" * 2_001])
def test_an_answer_that_cannot_be_given_keeps_what_was_typed(desk: Desk, support: Client, text: str) -> None:
    before = desk.everything()
    answer = support.post(desk.address("review_act", "reply"), {"text": text})
    assert answer.status_code == 422
    assert answer.context["reply_text"] in (text, "")
    assert answer.context["problems"]
    assert desk.everything() == before


def test_a_review_that_waits_is_not_answered_in_public(desk: Desk, support: Client) -> None:
    before = desk.everything()
    address = reverse("dashboard:review_act", args=[desk.waiting.pk, "reply"])
    assert support.post(address, {"text": "Thank you"}).status_code == 422
    assert desk.everything() == before


def test_a_draft_is_put_into_the_form_and_begins_with_an_apology(desk: Desk, support: Client) -> None:
    page = support.get(desk.address("task"))
    drafts = page.context["drafts"]
    assert drafts
    for draft in drafts:
        chosen = support.get(f"{desk.address('task')}?draft={draft['key']}")
        text = chosen.context["reply_text"]
        assert "We are sorry" in text.split("\n\n")[1]
        assert text.startswith("Hello Sam,")
    assert support.get(f"{desk.address('task')}?draft=nonsense").context["reply_text"] == ""


def test_the_private_thread_is_written_from_the_task_and_leads_back_to_it(desk: Desk, support: Client) -> None:
    data = {"text": "May we send you another one?", "back": desk.address("task")}
    assert support.post(desk.address("review_act", "note"), data)["Location"] == desk.address("task")
    assert "May we send you another one?" in body(support, desk.address("task"))
    assert support.post(desk.address("review_act", "note"), {**data, "back": "https://evil.example/"})["Location"] == desk.address("review")


# Unhappy shoppers


def test_a_task_is_taken_solved_with_its_case_and_opened_again(desk: Desk, support: Client, sabine: User) -> None:
    page = body(support, desk.address("feedback"))
    assert "1 unhappy shopper waits for an answer." in page and "Product 1 of 5" in page and "It came torn." in page
    support.post(desk.address("task_act", "owner"), {"owner": "me"})
    assert "Sabine Albrecht" in body(support, f"{desk.address('feedback')}?tab=mine")
    support.post(desk.address("task_act", "solved"), {"case": "R-7", "note": "Sent again"})
    with merchant_scope(desk.merchant.pk):
        task = FeedbackTask.objects.get()
        assert (task.state, task.case, task.note, task.owner, task.closed_by) == ("solved", "R-7", "Sent again", sabine, sabine)
    assert "R-7" in body(support, f"{desk.address('feedback')}?tab=solved")
    assert "Nobody who is unhappy waits" in body(support, desk.address("feedback"))
    assert support.post(desk.address("task_act", "dismissed"), {"note": "no"}).status_code == 409
    support.post(desk.address("task_act", "reopen"))
    with merchant_scope(desk.merchant.pk):
        assert FeedbackTask.objects.get().state == "open"


@pytest.mark.parametrize(
    ("name", "data"),
    [("dismissed", {"note": ""}), ("solved", {"case": "<R-1>"}), ("solved", {"note": "x" * 501}), ("owner", {"owner": "9999"})],
)
def test_a_task_that_cannot_be_closed_so_says_why(desk: Desk, support: Client, name: str, data: dict[str, str]) -> None:
    before = desk.everything()
    answer = support.post(desk.address("task_act", name), data)
    assert answer.status_code == 422
    assert answer.context["problems"]
    assert desk.everything() == before


def test_an_answer_that_is_late_is_said_in_the_frame_and_stands_first(desk: Desk, support: Client) -> None:
    with merchant_scope(desk.merchant.pk):
        FeedbackTask.objects.update(due_at=AT - timedelta(hours=3))
    page = body(support, desk.address("feedback"))
    assert "1 answer is late." in page and "3 h late" in page
    assert "answers overdue:" in body(support, desk.address("surveys"))


def test_a_low_survey_answer_is_shown_by_its_question(desk: Desk, support: Client) -> None:
    with merchant_scope(desk.merchant.pk):
        answer = SurveyAnswer.objects.create(survey=desk.survey, version=1, subject="x", at=ASKED, language="en")
        SurveyScore.objects.create(answer=answer, question="delivery", kind="csat", value=1, text="Left in the rain")
        reasons = [["survey:delivery", 1, 5, "delivery"]]
        task = FeedbackTask.objects.create(answer=answer, reasons=reasons, opened_at=ASKED, due_at=AT + DAY)
    page = body(support, reverse("dashboard:task", args=[task.public_id]))
    assert "How was the delivery?" in page and "1 · Left in the rain" in page and "Delivery 1 of 5" in page


# Surveys


def test_results_show_n_interval_segments_and_words(desk: Desk, support: Client) -> None:
    assert "Nobody has answered in this time." in body(support, desk.address("survey"))
    with merchant_scope(desk.merchant.pk):
        for number, value in enumerate((5, 5, 4, 2)):
            country = "DE" if number < 3 else "AT"
            answer = SurveyAnswer.objects.create(
                survey=desk.survey, version=1, subject=str(number), at=ASKED, language="en", country=country
            )
            SurveyScore.objects.create(answer=answer, question="delivery", kind="csat", value=value, text="Slow" if value == 2 else "")
    page = support.get(f"{desk.address('survey')}?days=30&by=country")
    [question] = page.context["questions"]
    assert (question["n"], question["value"], [row["n"] for row in question["counts"]]) == (4, "4", [0, 1, 0, 1, 2])
    assert question["interval"].count("to") == 1
    assert [(row["name"], row["n"], row["value"]) for row in question["segments"]] == [("DE", 3, "4.7"), ("AT", 1, "2")]
    assert "Slow" in page.content.decode()
    assert support.get(f"{desk.address('survey')}?days=1&by=password").context["by"] == ""
    assert "4 answers" in body(support, desk.address("surveys"))


# Themes


def test_voices_are_marked_taken_away_and_put_back(desk: Desk, support: Client) -> None:
    page = support.get(desk.address("theme"))
    assert [[part.text for part in voice["parts"] if part.mark] for voice in page.context["voices"]] == [["too small"]] or page.context[
        "voices"
    ]
    assert "<mark" in page.content.decode()
    support.post(desk.address("theme_act", "away"), {"voice": desk.voice.pk, "back": f"{desk.address('theme')}?product=shirt"})
    with merchant_scope(desk.merchant.pk):
        assert ThemeMark.objects.get(theme=desk.theme).is_off
    assert support.get(desk.address("theme")).context["voices"] == []
    support.post(desk.address("theme_act", "add"), {"voice": desk.voice.pk})
    with merchant_scope(desk.merchant.pk):
        mark = ThemeMark.objects.get(theme=desk.theme)
        assert (mark.is_off, mark.is_by_hand) == (False, True)
    for voice in ("", "x", "999999", "9" * 40):
        assert support.post(desk.address("theme_act", "add"), {"voice": voice}).status_code == 404, voice


def test_done_tells_those_who_raised_it_once_and_says_before_how_many(desk: Desk, support: Client) -> None:
    assert support.get(desk.address("theme")).context["tellable"] == 1
    refused = support.post(desk.address("theme_act", "done"), {})
    assert (refused.status_code, refused.context["problems"]) == (422, ["Say what was done."])
    support.post(desk.address("theme_act", "planned"))
    support.post(desk.address("theme_act", "done"), {"note-en": "We cut it wider.", "note-de": "Wir schneiden weiter."})
    with merchant_scope(desk.merchant.pk):
        theme = Theme.objects.get(pk=desk.theme.pk)
        assert (theme.state, theme.note) == ("done", {"en": "We cut it wider.", "de": "Wir schneiden weiter."})
        assert Event.objects.filter(type="reviews.theme.done").count() == 1
    assert "Done. 1 shopper is told." in body(support, desk.address("theme"))
    support.post(desk.address("theme_act", "done"), {"note-en": "We cut it wider."})
    with merchant_scope(desk.merchant.pk):
        assert Event.objects.filter(type="reviews.theme.done").count() == 1


def test_top_themes_of_a_product_with_their_weeks(desk: Desk, support: Client) -> None:
    page = support.get(f"{desk.address('themes')}?product=shirt")
    assert [row["n"] for row in page.context["rows"] if row["id"] == desk.theme.pk] == [1]
    assert "Week by week: 0, 0, 0, 0, 0, 0, 0, 1" in page.content.decode()
    assert "Nobody has raised a theme" in body(support, f"{desk.address('themes')}?product=other")


# Size


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


@pytest.mark.parametrize("name", ["reviews", "decided", "feedback", "themes", "theme"])
def test_lists_cost_the_same_for_one_and_for_many(desk: Desk, support: Client, name: str) -> None:
    path = desk.address(name)
    before = queries(support, path)
    with merchant_scope(desk.merchant.pk):
        for number in range(12):
            order = bought(number=f"B-{number}", tracking_number=f"N{number}")
            state = "pending" if number % 2 else "published"
            row = review_row(order, stars=1, state=state, flags=[FLAG] if number % 2 else [])
            FeedbackTask.objects.create(review=row, order=order, reasons=[["product", 1, 5, ""]], opened_at=ASKED, due_at=AT + DAY)
            said: dict[str, Any] = {"source": "review", "source_id": f"v{number}", "text": "too small", "language": "en", "at": ASKED}
            hear(**said, product_key=f"p{number}", order=order)
    assert queries(support, path) == before
