"""The returns desk: who sees it, who acts on it, what a press does, and that nobody reaches over to another merchant."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.types import Role
from orders.models import Order
from returns.models import CaseChange, CasePhoto, Claim, Exchange, MoneyBack, Return, ReturnLine, Withdrawal
from returns.selectors.desk import desk_page
from returns.services import approve_claim, declare_withdrawal, money_failed, open_claim, tell_parcel
from returns.services.desk_photos import add_line_photo
from tests.admin.world import person, signed_in
from tests.dashboard.test_pages import RETURN_ACTS, RETURNS
from tests.returns.stage import ASKED, DAY, SHOPPER, STAFF, ask, bought, check, line_of, offer_all, shirt, unpack, wish

REVIEW = [{"id": "look", "name": "Look first", "when": {}, "then": {"review": True}}]
PARCEL = "00340434161094042564"
AT = ASKED + 6 * DAY


class Desk:
    """A merchant with a return to decide, one to check, one whose money failed, a claim and a statement nobody knows the order of."""

    def __init__(self, merchant: Merchant) -> None:
        self.merchant = merchant
        with merchant_scope(merchant.pk):
            policy = offer_all()
            shirt()
            first, second = bought(number="A-1"), bought(number="A-2", tracking_number="T2")
            self.checked = unpack(ask(first, wish(first, note="Tight at the shoulders"))).pk
            paid = check(unpack(ask(second)))
            self.paid = paid.pk
            self.money = MoneyBack.objects.get(case=paid).pk
            money_failed(money=MoneyBack.objects.get(case=paid), error="The card was closed", at=AT)
            policy.rules = REVIEW
            policy.save()
            self.asked = ask(first, wish(first, "L2")).pk
            lines = {line_of(second, "L2").public_id: 1}
            self.claim = open_claim(order=second, lines=lines, problem="damaged", wanted="refund", note="Torn", at=ASKED, by=SHOPPER).pk
            held = {"order": second, "claim_id": self.claim, "title": "Leather belt", "quantity": 1, "currency": "EUR"}
            self.exchange = Exchange.objects.create(**held, created_at=ASKED).pk
            self.withdrawal = declare_withdrawal(
                order=None, name="Lena Vogt", order_number="A-9", email="lena@example.com", scope="", lines={}, language="en", at=ASKED
            ).pk
            line = ReturnLine.objects.select_related("case__order").get(case=self.checked)
            self.photo = add_line_photo(line=line, data=jpeg(), at=AT).public_id

    def address(self, name: str, act: str = "") -> str:
        arguments: dict[str, list[Any]] = {
            "case_photo": [self.photo],
            "return": [self.checked],
            "claim": [self.claim],
            "withdrawal": [self.withdrawal],
            "return_act": [self.asked, act or "approve"],
            "money_act": [self.money, act or "pay"],
            "exchange_act": [self.exchange, act or "release"],
            "claim_act": [self.claim, act or "approve"],
            "withdrawal_act": [self.withdrawal, act or "match"],
        }
        return reverse(f"dashboard:{name}", args=arguments.get(name, []))

    def everything(self) -> list[Any]:
        with merchant_scope(self.merchant.pk):
            tables = (Return, ReturnLine, Claim, Exchange, MoneyBack, Withdrawal, CaseChange, CasePhoto, Event)
            return [list(table.objects.order_by("pk").values()) for table in tables]

    def case(self, id: int) -> Return:
        with merchant_scope(self.merchant.pk):
            row: Return = Return.objects.get(pk=id)
            return row

    def line(self, id: int) -> ReturnLine:
        with merchant_scope(self.merchant.pk):
            row: ReturnLine = ReturnLine.objects.get(case=id)
            return row


def jpeg() -> bytes:
    held = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(held, "JPEG")
    return held.getvalue()


@pytest.fixture(autouse=True)
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("base", "returns", "return_pages", "return_acts", "return_figures", "claims", "withdrawals"):
        monkeypatch.setattr(f"dashboard.views.{name}.now", lambda: AT)


@pytest.fixture
def desk(acme: Merchant) -> Desk:
    return Desk(acme)


@pytest.fixture
def support(acme: Merchant) -> Client:
    return signed_in(person("support@staff.example", acme, Role.SUPPORT))


POSTED = {"reason": "No", "question": "Which?", "resolution": "refund", "external_id": "R-1", "number": "A-1", "sure": "1"}


def test_every_role_looks_and_looking_changes_nothing(desk: Desk) -> None:
    before = desk.everything()
    for role in Role.values:
        client = signed_in(person(f"{role}@staff.example", desk.merchant, Role(role)))
        for name in RETURNS:
            answer = client.get(desk.address(name))
            assert answer.status_code == (302 if name == "return_scan" else 200), name
            assert client.post(desk.address(name)).status_code == 405, name
    assert desk.everything() == before


def test_viewers_do_not_act_and_acts_need_post_and_token(desk: Desk) -> None:
    before = desk.everything()
    viewer = signed_in(person("viewer@staff.example", desk.merchant, Role.VIEWER))
    owner = person("owner@staff.example", desk.merchant, Role.OWNER)
    for name in RETURN_ACTS:
        assert viewer.post(desk.address(name), POSTED).status_code == 403, name
        assert signed_in(owner).get(desk.address(name)).status_code == 405, name
        assert signed_in(owner, enforce_csrf_checks=True).post(desk.address(name), POSTED).status_code == 403, name
        assert Client(HTTP_HOST="platform.test").post(desk.address(name))["Location"].startswith("/admin/login/?next=/ops/")
    assert "Approve" not in viewer.get(reverse("dashboard:return", args=[desk.asked])).content.decode()
    assert desk.everything() == before


def test_the_stranger_finds_nothing_and_changes_nothing(desk: Desk, borealis: Merchant) -> None:
    before = desk.everything()
    client = signed_in(person("owner@borealis.example", borealis, Role.OWNER))
    for name in ("case_photo", "return", "claim", "withdrawal"):
        assert client.get(desk.address(name)).status_code == 404, name
    for name in RETURN_ACTS:
        assert client.post(desk.address(name), POSTED).status_code == 404, name
    rma = desk.case(desk.checked).rma
    for path in ("/ops/returns/?tab=all", f"/ops/returns/?text={rma}", "/ops/returns/?order=A-1", "/ops/returns/figures/"):
        body = client.get(path).content.decode()
        assert rma not in body.replace(f"“{rma}”", "").replace(f'value="{rma}"', ""), path
        assert "Linen shirt" not in body, path
    assert client.get(f"/ops/returns/scan/?code={rma}")["Location"] == "/ops/returns/"
    assert desk.everything() == before


@pytest.mark.parametrize(
    ("tab", "shown"),
    [
        ("decide", ["asked"]), ("questions", []), ("expected", []), ("unpack", []), ("check", ["checked"]),
        ("money", ["paid"]), ("claims", ["claim"]), ("withdrawals", ["withdrawal"]), ("all", ["asked", "paid", "checked"]),
    ],
)  # fmt: skip
def test_each_tab_holds_what_waits_there_and_says_how_much(desk: Desk, support: Client, tab: str, shown: list[str]) -> None:
    answer = support.get(f"/ops/returns/?tab={tab}")
    names = {"asked": "return", "checked": "return", "paid": "return", "claim": "claim", "withdrawal": "withdrawal"}
    expected = [reverse(f"dashboard:{names[name]}", args=[getattr(desk, name)]) for name in shown]
    assert sorted(row.url.removesuffix("#money") for row in answer.context["rows"]) == sorted(expected)
    counts = {pill["tab"]: pill["n"] for pill in answer.context["pills"]}
    assert counts[tab] == (None if tab == "all" else len(shown))


def test_what_was_promised_and_not_done_is_overdue_on_every_page(desk: Desk, support: Client) -> None:
    answer = support.get("/ops/returns/?tab=overdue")
    assert [(row.kind, row.due_words) for row in answer.context["rows"]] == [
        ("Claim", "5 days late"),
        ("Return", "5 days late"),
    ]
    assert answer.context["overdue_returns"] == 2
    assert "2 promised days have passed." in answer.content.decode()


@pytest.mark.parametrize("tab", ["overdue", "all", "decide", "money"])
def test_lists_page_without_gap_or_repeat(desk: Desk, tab: str) -> None:
    with merchant_scope(desk.merchant.pk):
        whole = [(row.pk, due) for row, due in desk_page(tab=tab, today=AT.date()).rows]
        seen, place = [], ""
        while True:
            found = desk_page(tab=tab, place=place, limit=1, today=AT.date())
            seen += [(row.pk, due) for row, due in found.rows]
            if not (place := found.next):
                break
    assert seen == whole != []


@pytest.mark.parametrize("place", ["x", "_", "2026-11-20_x", "2026-11-20T10:00:00_1", "9999999-01-01_1", "2026-11-20_claim_" + "9" * 30])
@pytest.mark.parametrize("tab", ["decide", "overdue", "all", "money"])
def test_a_made_up_place_is_not_found(support: Client, tab: str, place: str) -> None:
    assert support.get(f"/ops/returns/?tab={tab}&place={place}").status_code == 404


def test_anything_is_found_by_its_whole_number_and_scanned_open(desk: Desk, support: Client) -> None:
    case = desk.case(desk.asked)
    with merchant_scope(desk.merchant.pk):
        Return.objects.filter(pk=case.pk).update(state="labelled")
        tell_parcel(case=Return.objects.get(pk=case.pk), carrier="DHL", tracking_number=PARCEL, at=AT)
        number = Claim.objects.get(pk=desk.claim).number
    page = reverse("dashboard:return", args=[case.pk])
    for text, most in ((case.rma, 1), (case.rma.lower(), 1), (PARCEL, 1), (number, 1), ("A-1", 2), ("A-2", 2), ("A-", 0), ("%00", 3)):
        assert len(support.get(f"/ops/returns/?text={text}").context["rows"]) == most or text == "%00", text
    for code in (case.rma, PARCEL, f" {case.rma.lower()} "):
        assert support.get("/ops/returns/scan/", {"code": code})["Location"] == f"{page}#next"
    answer = support.get("/ops/returns/scan/", {"code": "R-0000"}, follow=True)
    assert "No return has the number “R-0000”." in answer.content.decode()


def test_the_page_tells_why_in_the_shoppers_words_and_what_the_policy_said(desk: Desk, support: Client) -> None:
    body = support.get(desk.address("return")).content.decode()
    for text in ("Tight at the shoulders", "Too small", "Policy 1", "possible until Wed 23 Dec", "A-1", desk.photo, "Unpacked"):
        assert text in body, text


def test_photos_come_from_their_own_address_as_pictures_alone(desk: Desk, support: Client) -> None:
    answer = support.get(desk.address("case_photo"))
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert Image.open(BytesIO(answer.content)).size == (40, 30)


@pytest.mark.parametrize(
    ("act", "posted", "state", "said"),
    [
        ("approve", {}, "labelled", "Approved."),
        ("decline", {"reason": "Worn", "next_best": "sell_on"}, "declined", "Declined."),
        ("ask", {"question": "Which size?"}, "info_needed", "The question is on its way"),
        ("cancel", {}, "cancelled", "Called off."),
    ],
)
def test_each_act_is_one_step_and_says_what_it_did(desk: Desk, support: Client, act: str, posted: Any, state: str, said: str) -> None:
    answer = support.post(desk.address("return_act", act), posted, follow=True)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert desk.case(desk.asked).state == state
    with merchant_scope(desk.merchant.pk):
        change = CaseChange.objects.filter(case=desk.asked, user__isnull=False).order_by("-pk").first()
        assert change is not None
        assert (change.origin, change.user.email) == ("staff", "support@staff.example")


@pytest.mark.parametrize(
    ("act", "posted", "status", "said"),
    [
        ("decline", {"reason": " "}, 422, "Say why it is not possible."),
        ("ask", {}, 422, "Write what you would like to know."),
        ("receive", {}, 422, "choose a condition"),
        ("inspect", {"sure": "1"}, 409, "not possible any more"),
        ("close", {}, 409, "not possible any more"),
        ("answer", {"text": "M"}, 409, "not possible any more"),
        ("label", {}, 409, "No label has failed."),
    ],
)
def test_what_cannot_be_done_is_said_in_words_and_changes_nothing(
    desk: Desk, support: Client, act: str, posted: Any, status: int, said: str
) -> None:
    before = desk.everything()
    answer = support.post(desk.address("return_act", act), posted)
    assert answer.status_code == status
    assert said in answer.content.decode()
    assert desk.everything() == before


def test_acts_nobody_knows_are_not_found(desk: Desk, support: Client) -> None:
    for name in RETURN_ACTS:
        assert support.post(desk.address(name, "explode"), POSTED).status_code == 404, name


def test_unpacking_keeps_condition_words_and_photo_or_nothing_at_all(desk: Desk, support: Client) -> None:
    support.post(desk.address("return_act", "approve"))
    line = desk.line(desk.asked)
    page, before = desk.address("return_act", "receive"), desk.everything()
    posted = {f"quantity-{line.pk}": "1", f"condition-{line.pk}": "opened", f"note-{line.pk}": "Box torn"}
    no_picture = BytesIO(b"<svg onload=alert(1)>")
    no_picture.name = "x.jpg"
    answer = support.post(page, {**posted, f"photo-{line.pk}": no_picture})
    assert (answer.status_code, "not a picture we can read" in answer.content.decode()) == (422, True)
    assert 'value="Box torn"' in answer.content.decode()
    assert desk.everything() == before
    assert support.post(page, {**posted, f"quantity-{line.pk}": "2"}).status_code == 422
    assert desk.everything() == before
    picture = BytesIO(jpeg())
    picture.name = "x.jpg"
    assert support.post(page, {**posted, f"photo-{line.pk}": picture}).status_code == 302
    line = desk.line(desk.asked)
    assert (line.quantity_received, line.condition, line.found) == (1, "opened", "Box torn")
    with merchant_scope(desk.merchant.pk):
        assert CasePhoto.objects.filter(line=line, is_of_staff=True, ready_at__isnull=False).count() == 1


def test_a_check_shows_what_it_pays_before_it_pays_it(desk: Desk, support: Client) -> None:
    line, page = desk.line(desk.checked), reverse("dashboard:return_act", args=[desk.checked, "inspect"])
    posted = {
        f"accepted-{line.pk}": "1",
        f"deduction-{line.pk}": "4,50",
        f"note-{line.pk}": "The box is missing",
        f"resellable-{line.pk}": "on",
    }
    before = desk.everything()
    assert support.post(page, {**posted, f"note-{line.pk}": ""}).status_code == 422
    asked = support.post(page, posted)
    assert (asked.status_code, "Pay €44.50 back the way it was paid?" in asked.content.decode()) == (200, True)
    assert desk.everything() == before
    assert support.post(page, {**posted, "sure": "1"}).status_code == 302
    with merchant_scope(desk.merchant.pk):
        money = MoneyBack.objects.get(case=desk.checked)
        assert (str(money.amount), money.state, desk.line(desk.checked).is_resellable) == ("44.5000", "asked", True)
    after = desk.everything()
    assert support.post(page, {**posted, "sure": "1"}).status_code == 409
    assert desk.everything() == after


@pytest.mark.parametrize("written", ["x", "-1", "1e3", "4.555", "9" * 30])
def test_a_deduction_that_is_no_money_is_refused(desk: Desk, support: Client, written: str) -> None:
    line, before = desk.line(desk.checked), desk.everything()
    posted = {f"accepted-{line.pk}": "1", f"deduction-{line.pk}": written, f"note-{line.pk}": "Why", "sure": "1"}
    assert support.post(reverse("dashboard:return_act", args=[desk.checked, "inspect"]), posted).status_code == 422
    assert desk.everything() == before


def test_failed_money_is_asked_for_again_or_paid_by_hand_after_a_second_press(desk: Desk, support: Client) -> None:
    before = desk.everything()
    assert "Ask the shop again?" in support.post(desk.address("money_act", "retry")).content.decode()
    assert "as payment R-77" in support.post(desk.address("money_act", "pay"), {"external_id": "R-77"}).content.decode()
    nameless = support.post(desk.address("money_act", "pay"), {"sure": "1"}, follow=True)
    assert "Write the number of the payment" in nameless.content.decode()
    assert desk.everything() == before
    support.post(desk.address("money_act", "retry"), {"sure": "1"})
    with merchant_scope(desk.merchant.pk):
        assert MoneyBack.objects.get(pk=desk.money).state == "asked"
    support.post(desk.address("money_act", "pay"), {"external_id": "R-77", "sure": "1"})
    with merchant_scope(desk.merchant.pk):
        money = MoneyBack.objects.get(pk=desk.money)
    assert (money.state, money.external_id, desk.case(desk.paid).state) == ("sent", "R-77", "resolved")


def test_a_claim_shows_its_money_first_and_pays_once(desk: Desk, support: Client) -> None:
    before = desk.everything()
    page = desk.address("claim_act", "approve")
    assert support.post(page, {}).status_code == 422
    assert support.post(page, {"resolution": "keep"}).status_code == 422
    assert support.post(page, {"resolution": "keep", "amount": "9999"}).status_code == 422
    answer = support.post(page, {"resolution": "keep", "amount": "10"})
    assert "Pay €10.00 back the way it was paid?" in answer.content.decode()
    assert desk.everything() == before
    support.post(page, {"resolution": "keep", "amount": "10", "sure": "1"})
    with merchant_scope(desk.merchant.pk):
        claim, money = Claim.objects.get(pk=desk.claim), MoneyBack.objects.get(claim=desk.claim)
    assert (claim.state, claim.resolution, str(money.amount)) == ("approved", "keep", "10.0000")


def test_a_statement_gets_its_order_or_a_reason(desk: Desk, support: Client) -> None:
    before = desk.everything()
    unknown = support.post(desk.address("withdrawal_act"), {"number": "A-7"})
    assert (unknown.status_code, "no order with the number “A-7”" in unknown.content.decode()) == (422, True)
    assert support.post(desk.address("withdrawal_act", "unfounded"), {"reason": ""}).status_code == 422
    assert desk.everything() == before
    assert support.post(desk.address("withdrawal_act"), {"number": "A-1"}).status_code == 302
    with merchant_scope(desk.merchant.pk):
        row = Withdrawal.objects.select_related("order").get(pk=desk.withdrawal)
        assert (row.state, row.order.number if row.order else "") == ("matched", "A-1")


def test_a_part_in_words_waits_for_the_products_staff_read_out_of_it(desk: Desk, support: Client) -> None:
    with merchant_scope(desk.merchant.pk):
        Withdrawal.objects.filter(pk=desk.withdrawal).update(scope="Only the belt")
        belt = line_of(Order.objects.get(number="A-2"), "L2").public_id
    matched = support.post(desk.address("withdrawal_act"), {"number": "A-2"}, follow=True).content.decode()
    assert "Say next which products are meant." in matched and f"quantity-{belt}" in matched
    before, page = desk.everything(), desk.address("withdrawal_act", "accept")
    assert "Say which products are meant." in support.post(page, {}).content.decode()
    assert support.post(page, {f"quantity-{belt}": "x"}).status_code == 422
    assert support.post(page, {f"quantity-{belt}": "2"}).status_code == 422
    assert desk.everything() == before
    assert support.post(page, {f"quantity-{belt}": "1"}).status_code == 302
    with merchant_scope(desk.merchant.pk):
        row = Withdrawal.objects.get(pk=desk.withdrawal)
        lines = ReturnLine.objects.filter(case=row.case_id).values_list("order_line__public_id", "quantity")
        assert list(lines) == [(belt, 1)]


def test_money_that_is_not_sent_any_more_is_let_be_after_a_second_press(desk: Desk, support: Client) -> None:
    before, page = desk.everything(), desk.address("money_act", "drop")
    assert "Not to be sent any more" in support.get(reverse("dashboard:return", args=[desk.paid])).content.decode()
    assert "Not send it any more?" in support.post(page).content.decode()
    assert desk.everything() == before
    assert support.post(page, {"sure": "1"}).status_code == 302
    with merchant_scope(desk.merchant.pk):
        assert MoneyBack.objects.get(pk=desk.money).state == "cancelled"
    assert desk.case(desk.paid).state == "resolved"
    with merchant_scope(desk.merchant.pk):
        MoneyBack.objects.filter(pk=desk.money).update(state="asked")
    before = desk.everything()
    assert "not possible any more" in support.post(page, {"sure": "1"}, follow=True).content.decode()
    assert desk.everything() == before


def test_goods_seen_on_their_way_are_handed_over(desk: Desk, support: Client) -> None:
    before, page = desk.everything(), desk.address("return_act", "hand-over")
    assert support.post(page).status_code == 409
    assert desk.everything() == before
    support.post(desk.address("return_act", "approve"))
    assert "It is on its way" in support.get(reverse("dashboard:return", args=[desk.asked])).content.decode()
    assert support.post(page).status_code == 302
    case = desk.case(desk.asked)
    assert (case.state, case.handed_over_at) == ("in_transit", AT)


def test_what_goes_out_instead_is_let_go_after_a_look_at_what_happens_then(desk: Desk, support: Client) -> None:
    with merchant_scope(desk.merchant.pk):
        Exchange.objects.all().delete()
        approve_claim(claim=Claim.objects.get(pk=desk.claim), resolution="replacement", at=AT - DAY, by=STAFF)
        row = Exchange.objects.get()
    assert "Let it go" in support.get(desk.address("claim")).content.decode()
    before, page = desk.everything(), reverse("dashboard:exchange_act", args=[row.pk, "release"])
    assert "The shop is asked at once to send €29.90 back the way it was paid instead." in support.post(page).content.decode()
    assert desk.everything() == before
    assert support.post(page, {"sure": "1"}).status_code == 302
    with merchant_scope(desk.merchant.pk):
        money = MoneyBack.objects.get(claim=desk.claim)
        assert (Exchange.objects.get().state, str(money.amount), money.state) == ("released", "29.9000", "asked")
        Exchange.objects.update(state="shipped")
    before = desk.everything()
    for posted in ({}, {"sure": "1"}):
        assert "not possible any more" in support.post(page, posted, follow=True).content.decode()
    assert desk.everything() == before


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def test_lists_cost_the_same_however_long_they_are(desk: Desk, support: Client) -> None:
    paths = [f"/ops/returns/?tab={tab}" for tab in ("decide", "all", "overdue", "claims")]
    few = [queries(support, path) for path in paths]
    with merchant_scope(desk.merchant.pk):
        for number in range(5):
            order = bought(number=f"B-{number}", tracking_number=f"B{number}")
            ask(order, at=ASKED + timedelta(minutes=number))
            lines = {line_of(order, "L2").public_id: 1}
            open_claim(order=order, lines=lines, problem="damaged", wanted="", note="", at=ASKED, by=STAFF)
    assert [queries(support, path) for path in paths] == few
    assert max(few) <= 24


def test_the_figures_page_and_its_file_hold_the_same_and_run_no_formula(desk: Desk, support: Client) -> None:
    body = support.get("/ops/returns/figures/?days=30").content.decode()
    for text in ("3 pieces were sent back.", "Most often: Too small (3).", "Linen shirt", "DHL"):
        assert text in body, text
    with merchant_scope(desk.merchant.pk):
        line = ReturnLine.objects.select_related("order_line").get(case=desk.asked).order_line
        line.title = "=cmd|' /C calc'!A0"
        line.save()
    answer = support.get("/ops/returns/figures/?export=csv")
    assert answer["Content-Disposition"] == 'attachment; filename="returns-2026-11-30.csv"'
    text = answer.content.decode("utf-8-sig")
    assert text.splitlines()[0].startswith("By,Product,Size,Carrier,Reason,Units,Delivered")
    assert "reason,,,,too_small,3," in text
    assert "product,'=cmd|' /C calc'!A0," in text
