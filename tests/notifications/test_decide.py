"""The pure rules of the message road, as tables."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from notifications import rules
from notifications.news import News, overtaken
from notifications.registry import CATALOGUE, entry_of
from notifications.rules import Facts, Step, Way, decide, may_follow, recheck, settle
from notifications.types import Accepted, Kind, MessageState, NotAccepted, Outcome, Refused, Send, Skip, Unknown
from tests.conftest import NOW
from tracking.rules import HANDED_OVER

CONFIRMATION = Facts(entry=entry_of(Kind.ORDER_CONFIRMATION), channel="email", recipient="sam@example.com")
SMS = Facts(entry=entry_of(Kind.THANKS), channel="sms", recipient="+4915123456789")
DISPATCH = replace(CONFIRMATION, entry=entry_of(Kind.DISPATCH))
SIGN_IN = replace(CONFIRMATION, entry=entry_of(Kind.SIGN_IN))
CANCELLATION = replace(CONFIRMATION, entry=entry_of(Kind.CANCELLATION))


def facts_of(kind: Kind, status: str = "", **over: Any) -> Facts:
    return replace(CONFIRMATION, entry=entry_of(kind), status=status, **over)


OUT, DELAYED = facts_of(Kind.OUT_FOR_DELIVERY, "out_for_delivery"), facts_of(Kind.DELAYED, "in_transit")

DECISIONS = [
    (CONFIRMATION, None),
    (SMS, None),
    (replace(CONFIRMATION, is_on=False), "merchant_off"),
    (replace(SIGN_IN, is_on=False), None),
    (replace(CONFIRMATION, recipient=""), "no_email"),
    (replace(SMS, recipient=""), "no_phone"),
    (replace(CONFIRMATION, suppressed="bounce"), "suppressed"),
    (replace(SIGN_IN, suppressed="complaint"), "suppressed"),
    (replace(CONFIRMATION, is_order_cancelled=True), "order_cancelled"),
    (replace(SMS, is_order_cancelled=True), "order_cancelled"),
    (replace(DISPATCH, is_order_cancelled=True), "order_cancelled"),
    (replace(CANCELLATION, is_order_cancelled=True), None),
    (replace(CANCELLATION, is_order_cancelled=True, is_order_abandoned=True), "never_confirmed"),
    (replace(CONFIRMATION, is_order_abandoned=True), None),
    (replace(DISPATCH, is_shipment_delivered=True), "already_delivered"),
    (replace(CONFIRMATION, is_shipment_delivered=True), None),
    (replace(CONFIRMATION, is_history=True), "imported_history"),
    (replace(CONFIRMATION, is_told=True), "already_told"),
    (replace(CONFIRMATION, is_on=False, recipient="", suppressed="bounce"), "merchant_off"),
]


NEWS = [
    # kind, the states of the parcel in which it is still said
    (Kind.ARRIVED_IN_CITY, {"picked_up", "in_transit"}),
    (Kind.OUT_FOR_DELIVERY, {"out_for_delivery"}),
    (Kind.ATTEMPT_FAILED, {"picked_up", "in_transit", "attempt_failed", "on_hold"}),
    (Kind.READY_FOR_PICKUP, {"ready_for_pickup"}),
    (Kind.PICKUP_EXPIRING, {"ready_for_pickup"}),
    (Kind.DELAYED, {"picked_up", "in_transit", "attempt_failed", "on_hold", "returning", "damaged"}),
    (Kind.LOST_SUSPECTED, {"picked_up", "in_transit", "out_for_delivery", "attempt_failed", "on_hold", "lost"}),
    (Kind.DELIVERED, {"delivered"}),
    (Kind.DISPATCH, set(HANDED_OVER)),
    (Kind.CHOICE_RECEIVED, set(HANDED_OVER)),
    (Kind.RECEIPT_DENIED, set(HANDED_OVER)),
    (Kind.NOTE, set(HANDED_OVER)),
]


@pytest.mark.parametrize(("kind", "states"), NEWS)
def test_news_are_said_only_while_they_are_so(kind: Kind, states: set[str]) -> None:
    said = {str(status) for status in HANDED_OVER if isinstance(decide(facts_of(kind, status)), Send)}
    assert said == {str(state) for state in states}


@pytest.mark.parametrize("kind", [Kind.DELAYED, Kind.DISPATCH_DELAYED, Kind.LOST_SUSPECTED, Kind.PICKUP_EXPIRING, Kind.RECEIPT_DENIED])
def test_trouble_that_is_over_is_not_told(kind: Kind) -> None:
    decision = decide(facts_of(kind, is_incident_over=True))
    assert isinstance(decision, Skip)
    assert decision.reason == "newer_news"
    assert {"condition": "newer_news", "ok": False, "detail": "the trouble is over"} in rules.reasons_as_json(decision.reasons)


def test_an_answer_to_the_shopper_is_sent_also_when_the_matter_is_closed_meanwhile() -> None:
    assert isinstance(decide(facts_of(Kind.CHOICE_RECEIVED, is_incident_over=True)), Send)


def test_what_waits_ten_minutes_and_what_goes_at_once() -> None:
    held = {entry.kind.value for entry in CATALOGUE if entry.hold}
    assert held == {
        "arrived_in_city", "out_for_delivery", "attempt_failed", "ready_for_pickup", "pickup_expiring",
        "delayed", "dispatch_delayed", "lost_suspected", "review_published", "review_thanks",
    }  # fmt: skip
    assert {entry.hold for entry in CATALOGUE if entry.hold} == {timedelta(minutes=10)}
    assert [(entry.kind.value, entry.off) for entry in CATALOGUE if entry.off] == [
        ("additions", ("sms", "email")),
        ("delivered", ("sms",)),
        ("request_decided", ("sms",)),
        ("return_refunded", ("sms",)),
    ]


MAILED = (7, "email")
OVERTAKEN = [
    # messages as (kind, event, state), the indices of those another has made stale
    ([("out_for_delivery", 1, "pending"), ("attempt_failed", 2, "pending")], {0}),
    ([("attempt_failed", 2, "pending"), ("out_for_delivery", 1, "pending")], {1}),
    ([("out_for_delivery", 1, "pending"), ("delivered", 2, "sent")], {0}),
    ([("out_for_delivery", 1, "sent"), ("delivered", 2, "pending")], set()),
    ([("out_for_delivery", 1, "leased"), ("delivered", 2, "pending")], {0}),
    ([("out_for_delivery", 1, "sending"), ("delivered", 2, "pending")], set()),
    ([("delayed", 1, "pending"), ("arrived_in_city", 2, "pending")], {1}),
    ([("delayed", 1, "sent"), ("arrived_in_city", 2, "pending")], set()),
    ([("arrived_in_city", 1, "pending"), ("delayed", 2, "pending")], {0}),
    ([("dispatch", 1, "pending"), ("arrived_in_city", 2, "pending"), ("out_for_delivery", 3, "pending")], {0, 1}),
    ([("out_for_delivery", 1, "pending"), ("delivered", 2, "suppressed")], set()),
    ([("out_for_delivery", 1, "pending"), ("delivered", 2, "cancelled")], set()),
    ([("delayed", 1, "pending"), ("delayed", 5, "pending")], {0}),
    ([("delayed", 1, "pending")], set()),
]


@pytest.mark.parametrize(("rows", "stale"), OVERTAKEN)
def test_newer_news_of_a_parcel_take_the_place_of_what_still_waits(rows: list[tuple[str, int, str]], stale: set[int]) -> None:
    assert overtaken(News(n, MAILED, kind, event, state) for n, (kind, event, state) in enumerate(rows)) == stale


def test_news_of_another_parcel_or_on_another_channel_take_nobodys_place() -> None:
    rows = [News(1, MAILED, "out_for_delivery", 1, "pending")]
    rows += [News(2, (7, "sms"), "delivered", 2, "pending"), News(3, (8, "email"), "delivered", 3, "pending")]
    assert overtaken(rows) == set()


@pytest.mark.parametrize(
    ("day", "told", "part"),
    [
        ("2026-11-27", [], "2026-11-27"),
        ("2026-11-27", ["2026-11-27"], "2026-11-27"),
        ("2026-11-29", ["2026-11-27"], "2026-11-29"),
        ("2026-11-27", ["2026-11-27", "2026-11-29"], "2026-11-27~2"),
        ("2026-11-27", ["2026-11-27", "2026-11-29", "2026-11-27~2"], "2026-11-27~2"),
        ("2026-11-29", ["2026-11-27", "2026-11-29", "2026-11-27~2"], "2026-11-29~2"),
    ],
)
def test_a_day_is_told_again_only_after_another(day: str, told: list[str], part: str) -> None:
    assert rules.told_part(day, told) == part


@pytest.mark.parametrize(("facts", "reason"), DECISIONS)
def test_the_first_condition_that_fails_gives_the_reason(facts: Facts, reason: str | None) -> None:
    decision = decide(facts)
    if reason is None:
        assert isinstance(decision, Send)
    else:
        assert isinstance(decision, Skip)
        assert decision.reason == reason


def test_every_condition_is_recorded_with_its_result() -> None:
    decision = decide(replace(CONFIRMATION, suppressed="bounce"))
    assert rules.reasons_as_json(decision.reasons) == [
        {"condition": "merchant_off", "ok": True, "detail": ""},
        {"condition": "imported_history", "ok": True, "detail": ""},
        {"condition": "already_told", "ok": True, "detail": ""},
        {"condition": "order_cancelled", "ok": True, "detail": ""},
        {"condition": "no_email", "ok": True, "detail": ""},
        {"condition": "suppressed", "ok": False, "detail": "bounce"},
        {"condition": "marketing_consent", "ok": True, "detail": "not needed: about the shopper's own order or sign-in"},
        {"condition": "preference", "ok": True, "detail": "always goes out: about the order itself"},
    ]


RECHECKS = [
    ({}, None),
    ({"not_after": NOW - timedelta(seconds=1)}, Step("expired", "too_late")),
    ({"not_after": NOW}, None),
    ({"facts": replace(CONFIRMATION, is_order_cancelled=True)}, Step("cancelled", "order_cancelled")),
    ({"facts": replace(DISPATCH, is_shipment_delivered=True)}, Step("cancelled", "already_delivered")),
    ({"facts": replace(OUT, status="delivered")}, Step("cancelled", "newer_news")),
    ({"facts": replace(OUT, is_day_over=True)}, Step("expired", "day_over")),
    ({"facts": replace(DELAYED, is_incident_over=True)}, Step("cancelled", "newer_news")),
    ({"facts": replace(DISPATCH, is_overtaken=True)}, Step("cancelled", "newer_news")),
    ({"facts": replace(CONFIRMATION, suppressed="complaint")}, Step("suppressed", "suppressed")),
    ({"facts": replace(CONFIRMATION, is_on=False)}, Step("suppressed", "merchant_off")),
    ({"way": Way(has_account=False)}, Step("pending", "no_provider", 900, refunds_attempt=True)),
    ({"way": Way(has_sender=False)}, Step("pending", "no_sender", 900, refunds_attempt=True)),
    ({"way": Way(has_account=False), "facts": replace(CONFIRMATION, suppressed="bounce")}, Step("suppressed", "suppressed")),
]


def test_while_the_provider_asks_to_wait_a_message_waits_without_using_up_a_try() -> None:
    step = recheck(replace(CONFIRMATION, now=NOW), Way(pause=30))
    assert step is not None
    assert (step.state, step.reason, step.refunds_attempt) == ("pending", "provider_asks_to_wait", True)
    assert 30 <= step.wait <= 33


@pytest.mark.parametrize(("over", "expected"), RECHECKS)
def test_the_last_check_stops_what_is_no_longer_right(over: dict[str, object], expected: Step | None) -> None:
    values: dict[str, Any] = {"facts": CONFIRMATION, "way": Way(), "not_after": None, **over}
    assert recheck(replace(values["facts"], now=NOW, not_after=values["not_after"]), values["way"]) == expected


OUTCOMES: list[tuple[Outcome, int, str, str]] = [
    (Accepted("SM1"), 1, "sent", ""),
    (Accepted("SM1", is_delivered=True), 1, "delivered", ""),
    (Refused("21211", "invalid number"), 1, "failed", "refused"),
    (Refused("21610", "stopped"), 1, "suppressed", "suppressed"),
    (NotAccepted("HTTP 429"), 1, "pending", "not_accepted"),
    (NotAccepted("HTTP 429"), 7, "pending", "not_accepted"),
    (NotAccepted("HTTP 429"), 8, "dead", "attempts_used_up"),
    (Unknown("ReadTimeout"), 1, "unknown", "outcome_unknown"),
    (Unknown("ReadTimeout"), 8, "unknown", "outcome_unknown"),
]


@pytest.mark.parametrize(("outcome", "attempts", "state", "reason"), OUTCOMES)
def test_each_outcome_leads_to_its_state(outcome: Outcome, attempts: int, state: str, reason: str) -> None:
    step = rules.after(outcome, attempts=attempts)
    assert (step.state, step.reason) == (state, reason)


@pytest.mark.parametrize(("told", "at_least", "at_most"), [(0.0, 1, 1.1), (30.0, 30, 33), (7200.0, 3600, 3960)])
def test_retry_after_is_kept_within_a_second_and_an_hour(told: float, at_least: float, at_most: float) -> None:
    wait = rules.after(NotAccepted("HTTP 429", retry_after=told), attempts=1).wait
    assert at_least <= wait <= at_most


MOVES = [
    ("sending", "sent", True),
    ("unknown", "sent", True),
    ("dead", "sent", True),
    ("delivered", "sent", False),
    ("bounced", "sent", False),
    ("failed", "sent", False),
    ("sent", "sent", False),
    ("sending", "delivered", True),
    ("sent", "delivered", True),
    ("unknown", "delivered", True),
    ("bounced", "delivered", False),
    ("delivered", "bounced", False),
    ("sent", "bounced", True),
    ("sent", "failed", True),
    ("delivered", "failed", False),
    ("suppressed", "delivered", False),
    ("cancelled", "sent", False),
    ("expired", "sent", False),
    ("pending", "sent", False),
    ("leased", "delivered", False),
    ("sent", "pending", False),
    ("sent", "unknown", False),
]


@pytest.mark.parametrize(("current", "new", "allowed"), MOVES)
def test_word_of_a_provider_moves_a_message_forward_only(current: str, new: str, allowed: bool) -> None:
    assert may_follow(new, current=current, is_possible_duplicate=False) is allowed


@pytest.mark.parametrize("current", ["pending", "leased"])
def test_word_of_the_first_try_settles_a_resend_that_has_not_left(current: str) -> None:
    assert may_follow("delivered", current=current, is_possible_duplicate=True)
    assert not may_follow("failed", current=current, is_possible_duplicate=True)


SETTLED = [
    # found, look-ups, can search, mandatory, resent before, kind -> state
    (True, 1, True, True, False, Kind.REFUND, "sent"),
    (False, 1, True, True, False, Kind.REFUND, "unknown"),
    (False, 2, True, True, False, Kind.REFUND, "pending"),
    (False, 2, True, False, False, Kind.REFUND, "dead"),
    (False, 1, True, True, True, Kind.REFUND, "unknown"),
    (False, 2, True, True, True, Kind.REFUND, "pending"),
    (False, 2, True, False, True, Kind.REFUND, "dead"),
    (False, 2, True, True, False, Kind.SIGN_IN, "dead"),
    (False, 0, False, True, False, Kind.REFUND, "pending"),
    (False, 0, False, True, True, Kind.REFUND, "dead"),
    (False, 0, False, False, False, Kind.REFUND, "dead"),
    (False, 0, False, True, False, Kind.SIGN_IN, "dead"),
    (False, 0, False, True, False, Kind.ORDER_CODE, "dead"),
    (False, 0, False, True, False, Kind.EMAIL_CODE, "dead"),
    (False, 0, False, True, False, Kind.ACCOUNT_NOTICE, "pending"),
]


@pytest.mark.parametrize(("found", "lookups", "can_search", "mandatory", "resent", "kind", "state"), SETTLED)
def test_a_doubt_is_settled_by_a_look_up_or_one_flagged_resend(
    found: bool, lookups: int, can_search: bool, mandatory: bool, resent: bool, kind: Kind, state: str
) -> None:
    step = settle(found=found, lookups=lookups, can_search=can_search, is_mandatory=mandatory, was_resent=resent, kind=kind)
    assert step.state == state


def test_where_the_provider_holds_nothing_it_is_tried_on_until_the_tries_are_used_up() -> None:
    tried = [
        settle(found=False, lookups=2, can_search=True, is_mandatory=True, was_resent=True, kind=Kind.REFUND, attempts=attempts).state
        for attempts in (2, 7, 8, 9)
    ]
    assert tried == ["pending", "pending", "dead", "dead"]


def test_final_states_are_those_nothing_leaves() -> None:
    assert {"delivered", "bounced", "suppressed", "expired", "cancelled", "failed", "dead"} == rules.FINAL
    assert set(MessageState.values) - rules.FINAL == {"pending", "leased", "sending", "sent", "unknown"}


def test_the_catalogue_says_which_event_tells_what_on_which_channel() -> None:
    assert [(entry.kind.value, [str(channel) for channel in entry.channels], entry.event) for entry in CATALOGUE] == [
        ("order_confirmation", ["email"], "orders.order.confirmed"),
        ("thanks", ["sms"], "orders.order.confirmed"),
        ("additions", ["sms", "email"], "orders.order.confirmed"),
        ("dispatch", ["email", "sms"], "tracking.shipment.dispatched"),
        ("cancellation", ["email", "sms"], "orders.order.cancelled"),
        ("refund", ["email"], "orders.refund.recorded"),
        ("sign_in", ["email"], "customers.sign_in.requested"),
        ("order_code", ["email", "sms"], "orders.look_up.requested"),
        ("email_code", ["email"], "customers.email_change.requested"),
        ("account_notice", ["email"], "customers.account.changed"),
        ("arrived_in_city", ["email"], "tracking.shipment.arrived_in_city"),
        ("out_for_delivery", ["email", "sms"], "tracking.shipment.out_for_delivery"),
        ("attempt_failed", ["email", "sms"], "tracking.shipment.attempt_failed"),
        ("ready_for_pickup", ["email", "sms"], "tracking.shipment.ready_for_pickup"),
        ("pickup_expiring", ["email", "sms"], "tracking.pickup.expiring"),
        ("delayed", ["email", "sms"], "tracking.delay.noticed"),
        ("dispatch_delayed", ["email"], "tracking.dispatch.delayed"),
        ("lost_suspected", ["email"], "tracking.loss.suspected"),
        ("delivered", ["email", "sms"], "tracking.shipment.delivered"),
        ("choice_received", ["email"], "tracking.choice.made"),
        ("receipt_denied", ["email"], "tracking.receipt.denied"),
        ("request_received", ["email"], "orders.request.made"),
        ("request_decided", ["email", "sms"], "orders.request.decided"),
        ("privacy", ["email"], "customers.privacy_request.changed"),
        ("return_received", ["email"], "returns.return.requested"),
        ("return_approved", ["email", "sms"], "returns.return.approved"),
        ("return_question", ["email"], "returns.return.info_needed"),
        ("return_declined", ["email"], "returns.return.declined"),
        ("return_reminder", ["email", "sms"], "returns.return.reminder_due"),
        ("return_handed_over", ["email"], "returns.return.handed_over"),
        ("return_arrived", ["email"], "returns.return.arrived"),
        ("return_inspected", ["email"], "returns.return.inspected"),
        ("return_refunded", ["email", "sms"], "returns.money.sent"),
        ("exchange_shipped", ["email"], "returns.exchange.shipped"),
        ("claim_received", ["email"], "returns.claim.opened"),
        ("claim_question", ["email"], "returns.claim.info_needed"),
        ("claim_decided", ["email"], "returns.claim.approved"),
        ("withdrawal_receipt", ["email"], "returns.withdrawal.declared"),
        ("withdrawal_unfounded", ["email"], "returns.withdrawal.unfounded"),
        ("review_request", ["email"], "reviews.request.due"),
        ("review_reminder", ["email"], "reviews.request.reminder_due"),
        ("review_published", ["email"], "reviews.review.published"),
        ("review_rejected", ["email"], "reviews.review.rejected"),
        ("review_answered", ["email"], "reviews.review.replied"),
        ("review_thanks", ["email"], "reviews.thanks.given"),
        ("survey", ["email"], "reviews.survey.due"),
        ("theme_done", ["email"], "reviews.theme.done"),
        ("note", ["email"], ""),
    ]


@pytest.mark.parametrize(
    "value", ["Hi\r\nBcc: v@x.example", "Hi\nX: y", "Hi\rX", "Hi\u2028X", "Hi\u2029X", "Hi\x0bX", "Hi\x00X", "Hi\x85X", "Hi\ud800X"]
)
def test_a_header_value_that_breaks_out_is_seen(value: str) -> None:
    assert not rules.is_clean_header("fine", value)


@pytest.mark.parametrize("value", ["Grüße 订单 👨‍👩‍👧", "no\u00a0break", "全\u3000角"])
def test_ordinary_texts_of_all_languages_are_clean(value: str) -> None:
    assert rules.is_clean_header(value)


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("Sam Berg", "Sam Berg"),
        ("paypal@pay.example <", "paypal pay.example"),
        ('a"b\\c', "a b c"),
        ("Sam\r\nBcc: v@x", "Sam Bcc: v x"),
        ("=?utf-8?B?DQpCY2M6?=", "= ?utf-8?B?DQpCY2M6?="),
        ("x" * 90, "x" * 64),
    ],
)
def test_a_display_name_cannot_pass_for_an_address(name: str, clean: str) -> None:
    assert rules.display_name(name) == clean


def test_the_dedupe_key_names_fact_channel_and_recipient() -> None:
    entry = entry_of(Kind.DISPATCH)
    assert rules.dedupe_key(entry, 7, "sms", "ab" * 32) == "dispatch:shipment7:dispatched:sms:abababababababab"
    assert rules.dedupe_key(entry, 7, "sms", "") == "dispatch:shipment7:dispatched:sms:none"
    out = entry_of(Kind.OUT_FOR_DELIVERY)
    assert rules.dedupe_key(out, 7, "sms", "", "2026-11-24") == "out_for_delivery:shipment7:out-2026-11-24:sms:none"
