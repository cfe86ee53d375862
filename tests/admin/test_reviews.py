"""Reviews in the admin: the plan and its rules, surveys as they are built, themes, files brought along, thanks and what they may cost."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from core.clock import now
from merchants.scope import merchant_scope
from merchants.types import Role
from reviews.models import Review, ReviewImport, ReviewPlan, ReviewRule, Survey, Theme
from reviews.models.ratings import Rating
from rewards.models import Coupon, ThanksRule
from tests.admin.test_access import url
from tests.admin.world import World, person, signed_in
from tests.conftest import NOW

PLAN, RULE, SURVEY, THEME = "reviews.reviewplan", "reviews.reviewrule", "reviews.survey", "reviews.theme"
IMPORT, REVIEW, THANKS, COUPON = "reviews.reviewimport", "reviews.review", "rewards.thanksrule", "rewards.coupon"
PLANNED = {"is_on": "on", "days": "7", "reminder_days": "6", "asks_delivery": "on", "moderation": "all", "answer_hours": "24"}
GIVEN = {"is_on": "on", "worth": "percent", "value": "5", "currency": "", "minimum": "0", "valid_days": "60", "per_month": "100"}
ASKED = {"key": "again", "kind": "choice", "text_en": "Would you buy here again?", "choice_keys": "yes\nno", "choices_en": "Yes\nNo"}


@pytest.fixture
def owner(here: World) -> Client:
    return signed_in(here.owner)


def row_of(here: World, model: Any, label: str) -> Any:
    with merchant_scope(here.merchant.pk):
        return model.objects.get(pk=here.rows[label])


def columns(here: World, model: Any) -> list[dict[str, Any]]:
    with merchant_scope(here.merchant.pk):
        return list(model.objects.order_by("pk").values())


# The plan and its rules


def test_the_plan_is_saved(here: World, owner: Client) -> None:
    assert owner.post(url(PLAN, "change", here.rows[PLAN]), PLANNED).status_code == 302
    plan = row_of(here, ReviewPlan, PLAN)
    assert (plan.moderation, plan.answer_hours, plan.asks_service) == ("all", 24, False)


@pytest.mark.parametrize(
    ("field", "value"), [("days", "61"), ("reminder_days", "31"), ("answer_hours", "0"), ("answer_hours", "721"), ("moderation", "happy")]
)
def test_a_plan_out_of_range_is_refused_at_its_field(here: World, owner: Client, field: str, value: str) -> None:
    before = columns(here, ReviewPlan)
    answer = owner.post(url(PLAN, "change", here.rows[PLAN]), {**PLANNED, field: value})
    assert list(answer.context["adminform"].form.errors) == [field]
    assert columns(here, ReviewPlan) == before


def test_a_rule_is_for_one_thing_once(here: World, owner: Client) -> None:
    said = {"position": "1", "match": "tag", "value": " sale ", "is_asked": "on", "days": "14"}
    assert owner.post(url(RULE, "add"), said).status_code == 302
    with merchant_scope(here.merchant.pk):
        assert ReviewRule.objects.get(match="tag").value == "sale"
    for wrong, field in ((said, "value"), ({**said, "value": "x", "days": "181"}, "days"), ({**said, "value": "  "}, "value")):
        assert list(owner.post(url(RULE, "add"), wrong).context["adminform"].form.errors) == [field]
    assert len(columns(here, ReviewRule)) == 2


# Reviews are looked up


def test_stars_show_once_the_review_is_decided_and_nowhere_in_the_list(here: World, owner: Client) -> None:
    with merchant_scope(here.merchant.pk):
        Rating.objects.create(review_id=here.rows[REVIEW], stars=2, at=NOW)
    page = owner.get(url(REVIEW, "change", here.rows[REVIEW])).content.decode()
    assert "shown once it is decided" in page and "2 / 5" not in page
    with merchant_scope(here.merchant.pk):
        Review.objects.update(state="published")
    assert "2 / 5" in owner.get(url(REVIEW, "change", here.rows[REVIEW])).content.decode()
    listed = owner.get(url(REVIEW, "changelist"))
    assert "2 / 5" not in listed.content.decode()
    assert owner.get(url(REVIEW, "changelist"), {"ratings__stars": "1"}).status_code == 400  # no such filter
    assert owner.post(url(REVIEW, "change", here.rows[REVIEW]), {"text": "changed"}).status_code == 403


# Surveys


def test_a_survey_begins_ready_made_is_off_and_speaks_all_languages(here: World, owner: Client) -> None:
    assert owner.post(url(SURVEY, "add"), {"name": "Would recommend", "key": "nps-2", "start": "nps"}).status_code == 302
    with merchant_scope(here.merchant.pk):
        survey = Survey.objects.get(key="nps-2")
    assert (survey.name, survey.is_on, survey.version) == ("Would recommend", False, 1)
    for language in ("en", "de", "zh-hans", "id", "pt-br"):
        shown = owner.get(url(SURVEY, "change", survey.pk), {"language": language}).context
        assert shown["language"] == language
        assert shown["shown"][0]["text"] == survey.definition["questions"][0]["text"][language]
        assert shown["shown"][0]["scale"] == list(range(11))
    assert owner.post(url(SURVEY, "add"), {"name": "Twice", "key": "nps-2", "start": "nps"}).context["form"].errors["key"]


def test_questions_are_added_changed_moved_and_taken_away(here: World, owner: Client) -> None:
    held = here.rows[SURVEY]
    assert owner.post(url(SURVEY, "add_question", held), ASKED).status_code == 302
    survey = row_of(here, Survey, SURVEY)
    assert [one["key"] for one in survey.definition["questions"]] == ["words", "again"]
    assert survey.definition["questions"][1]["choices"] == [{"key": "yes", "text": {"en": "Yes"}}, {"key": "no", "text": {"en": "No"}}]
    changed = {**ASKED, "text_de": "Würden Sie wieder hier kaufen?", "choices_de": "Ja\nNein"}
    assert owner.post(url(SURVEY, "question", held, "again"), changed).status_code == 302
    assert owner.post(url(SURVEY, "change", held), {"op": "up:again"}).status_code == 302
    survey = row_of(here, Survey, SURVEY)
    assert [one["key"] for one in survey.definition["questions"]] == ["again", "words"]
    assert survey.definition["questions"][0]["choices"][0]["text"] == {"en": "Yes", "de": "Ja"}
    page = owner.get(url(SURVEY, "question", held, "again")).content.decode()
    assert "Würden Sie wieder hier kaufen?" in page and "Ja\nNein" in page
    owner.post(url(SURVEY, "change", held), {"op": "remove:words"})
    owner.post(url(SURVEY, "change", held), {"op": "remove:again"})  # the last one stays
    assert [one["key"] for one in row_of(here, Survey, SURVEY).definition["questions"]] == ["again"]
    assert owner.get(url(SURVEY, "question", held, "words")).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"text_en": ""}, "text_en"),
        ({"key": "Not a key"}, "key"),
        ({"key": "words"}, None),
        ({"choices_en": "Yes"}, "choices_en"),
        ({"choice_keys": "yes", "choices_en": "Yes"}, "choices_en"),
        ({"kind": "csat", "low": "9"}, "low"),
        ({"kind": "stars"}, "kind"),
        ({"text_en": "x" * 301}, "text_en"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused_at_its_field(
    here: World, owner: Client, wrong: dict[str, str], field: str | None
) -> None:
    before = columns(here, Survey)
    answer = owner.post(url(SURVEY, "add_question", here.rows[SURVEY]), {**ASKED, **wrong})
    assert answer.status_code == 422
    assert (field or "__all__") in answer.context["form"].errors, answer.context["form"].errors
    assert columns(here, Survey) == before


def test_a_survey_is_switched_on_with_its_words(here: World, owner: Client) -> None:
    said = {"op": "save", "name": "Own words", "key": "open", "trigger": "delivered", "days": "2", "is_on": "on", "thanks_de": "Danke."}
    assert owner.post(url(SURVEY, "change", here.rows[SURVEY]), said).status_code == 302
    survey = row_of(here, Survey, SURVEY)
    assert (survey.is_on, survey.trigger, survey.days, survey.definition["thanks"]) == (True, "delivered", 2, {"de": "Danke."})
    for wrong in ({"days": "61"}, {"trigger": "birthday"}, {"name": ""}, {"key": ""}):
        before = columns(here, Survey)
        assert owner.post(url(SURVEY, "change", here.rows[SURVEY]), {**said, **wrong}).status_code == 422
        assert columns(here, Survey) == before


# Themes


def test_a_theme_is_written_in_words_of_each_language(here: World, owner: Client) -> None:
    said = {
        "key": "zip",
        "area": "product",
        "names_en": "Zip",
        "names_de": "Reißverschluss",
        "words_en": "zip*\nzipper",
        "words_de": "reißverschl*",
    }
    assert owner.post(url(THEME, "add"), said).status_code == 302
    with merchant_scope(here.merchant.pk):
        theme = Theme.objects.get(key="zip")
    assert (theme.names, theme.words) == (
        {"en": "Zip", "de": "Reißverschluss"},
        {"en": ["zip*", "zipper"], "de": ["reißverschl*"]},
    )
    assert "zip*\nzipper" in owner.get(url(THEME, "change", theme.pk)).content.decode()
    for wrong, field in (
        ({"key": "size"}, "key"),
        ({"names_en": "", "names_de": ""}, "names_en"),
        ({"words_en": "z*", "words_de": ""}, "words_en"),
    ):
        answer = owner.post(url(THEME, "change", theme.pk), {**said, **wrong})
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])


@pytest.mark.parametrize("role", ["support", "viewer"])
def test_who_may_not_write_surveys_and_themes_looks_at_them(here: World, role: str) -> None:
    client = signed_in(person(f"{role}@staff.example", here.merchant, Role(role)))
    before = columns(here, Survey) + columns(here, Theme)
    pages = [
        url(SURVEY, "change", here.rows[SURVEY]),
        url(SURVEY, "question", here.rows[SURVEY], "words"),
        url(THEME, "change", here.rows[THEME]),
    ]
    for page in pages:
        assert client.get(page).status_code == 200, page
        assert client.post(page, {"op": "remove:words", **ASKED}).status_code == 403, page
    assert client.get(url(SURVEY, "add_question", here.rows[SURVEY])).status_code == 200
    assert client.post(url(SURVEY, "add_question", here.rows[SURVEY]), ASKED).status_code == 403
    assert client.post(url(THEME, "changelist")).status_code == 403
    assert columns(here, Survey) + columns(here, Theme) == before


def test_the_stranger_finds_no_question(here: World, there: World) -> None:
    client = signed_in(there.owner)
    for page in (url(SURVEY, "question", here.rows[SURVEY], "words"), url(SURVEY, "add_question", here.rows[SURVEY])):
        assert client.get(page).status_code == 404
        assert client.post(page, ASKED).status_code == 404


# Files brought along


def csv(text: str, name: str = "old.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode(), "text/csv")


def test_a_file_is_brought_along_under_the_name_of_where_it_comes_from(here: World, owner: Client) -> None:
    file = csv("product,stars,written_at,text,author\nP1,2,2026-01-05,It tore,Kim\nP1,9,2026-01-06,Nice,Lee\n")
    answer = owner.post(url(IMPORT, "add"), {"origin_name": "Old shop", "file": file})
    assert answer.status_code == 302
    with merchant_scope(here.merchant.pk):
        batch = ReviewImport.objects.latest("pk")
        review = Review.objects.get(batch=batch)
    assert (batch.rows, batch.taken, len(batch.refused), batch.user_id) == (2, 1, 1, here.owner.pk)
    assert (review.origin_name, review.is_verified, review.author) == ("Old shop", False, "Kim")
    page = owner.get(answer["Location"]).content.decode()
    assert "old.csv" in page and "stars" in page


@pytest.mark.parametrize(
    ("origin", "text", "field"),
    [("", "product,stars,written_at\nP1,2,2026-01-05\n", "origin_name"), ("Old", "product,text\nP1,x\n", "file"), ("Old", "", "file")],
)
def test_a_file_that_cannot_be_read_is_refused_at_its_field(here: World, owner: Client, origin: str, text: str, field: str) -> None:
    before = columns(here, ReviewImport) + columns(here, Review)
    answer = owner.post(url(IMPORT, "add"), {"origin_name": origin, "file": csv(text)})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert columns(here, ReviewImport) + columns(here, Review) == before


# Thanks, and what they may cost


@pytest.mark.parametrize(
    ("field", "value"), [("value", "0"), ("value", "101"), ("minimum", "-1"), ("currency", "XXQ"), ("valid_days", "0"), ("per_month", "-1")]
)
def test_a_thank_you_rule_out_of_range_is_refused_at_its_field(here: World, owner: Client, field: str, value: str) -> None:
    before = columns(here, ThanksRule)
    answer = owner.post(url(THANKS, "change", here.rows[THANKS]), {**GIVEN, "currency": "EUR", field: value})
    assert list(answer.context["adminform"].form.errors) == [field]
    assert columns(here, ThanksRule) == before


def test_the_thank_you_rule_knows_no_stars_and_tells_what_was_given_this_month(here: World, owner: Client) -> None:
    assert (
        owner.post(url(THANKS, "change", here.rows[THANKS]), {**GIVEN, "worth": "amount", "value": "4", "currency": "eur"}).status_code
        == 302
    )
    rule = row_of(here, ThanksRule, THANKS)
    assert (rule.worth, rule.value, rule.currency) == ("amount", 4, "EUR")
    page = owner.get(url(THANKS, "change", here.rows[THANKS])).content.decode()
    assert "Given this month: 0 of at most 100." in page
    assert not [field for field in ThanksRule._meta.get_fields() if "star" in field.name or "rating" in field.name]


def test_what_coupons_may_still_cost_is_told_by_reason_and_worth(here: World, owner: Client) -> None:
    at = now()
    given = {"worth": "amount", "value": 4, "currency": "EUR", "issued_at": at, "expires_at": at + timedelta(days=30)}
    with merchant_scope(here.merchant.pk):
        sam = here.rows["customers.customer"]
        for number in range(4):
            Coupon.objects.create(code=f"T-{number}", customer_id=sam, thanks_for=f"order-{number}", **given)
        Coupon.objects.filter(code="T-0").update(redeemed_at=at)
        Coupon.objects.filter(code="T-1").update(expires_at=at - timedelta(days=1))
        Coupon.objects.create(code="P-1", customer_id=sam, thanks_for="x", **{**given, "worth": "percent", "currency": ""})
    page = owner.get(url(COUPON, "owed"))
    thanks = {one["off"]: one for one in page.context["thanks"]}
    assert (thanks["€4.00"]["row"].given, thanks["€4.00"]["owed"], thanks["€4.00"]["cost"]) == (4, "€8.00", "€4.00")
    assert (thanks["€4.00"]["row"].expired, thanks["4 %"]["row"].open, thanks["4 %"]["owed"]) == (1, 1, "")
    assert len(page.context["others"]) == 1
    assert "€8.00" in page.content.decode()


def test_the_stranger_s_report_counts_none_of_ours(here: World, there: World) -> None:
    with merchant_scope(here.merchant.pk):
        row = {"worth": "amount", "value": 77, "currency": "EUR", "issued_at": NOW, "expires_at": now() + timedelta(days=3)}
        Coupon.objects.create(code="OURS", customer_id=here.rows["customers.customer"], thanks_for="x", **row)
    assert "77.00" in signed_in(here.owner).get(url(COUPON, "owed")).content.decode()
    assert "77.00" not in signed_in(there.owner).get(url(COUPON, "owed")).content.decode()
