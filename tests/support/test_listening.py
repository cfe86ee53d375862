"""What is said with a return or a claim is heard beside the reviews, and who has been through one is asked how it went."""

from typing import Any

from django.utils.translation import override

from events.services import run_until_quiet
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.services import create_merchant
from returns.models import Return
from returns.rules.reasons import shipped_name
from returns.services import decline_claim, open_claim
from returns.types import Actor, Origin
from reviews.models import SurveyInvite, ThemeMark, Voice
from reviews.rules.shipped_surveys import DEFAULTS
from reviews.services.surveys import save_survey
from reviews.types import Source
from support.listening import hear_claim, hear_return
from tests.conftest import NOW
from tests.returns.stage import ASKED, DAY, ask, bought, line_of, offer_all, shirt, wish

SHOPPER = Actor(Origin.ACCOUNT)


def complained(**over: Any) -> int:
    order = bought()
    values = {"lines": {line_of(order).public_id: 1}, "problem": "damaged", "wanted": "refund", "note": "The box was torn.", **over}
    return open_claim(order=order, at=ASKED, by=SHOPPER, **values).pk


def keys_of(voice: Voice) -> list[str]:
    return sorted(ThemeMark.objects.filter(voice=voice).values_list("theme__key", flat=True))


def test_why_each_line_goes_back_is_heard_in_the_shoppers_language(in_acme: Merchant) -> None:
    offer_all()
    product = shirt()
    order = bought(language="de")
    case = ask(order, wish(order, reason="too_small", note="Die Knöpfe sind schön."), wish(order, "L2", reason="rather_not_say"))
    voice, *others = hear_return(return_id=case.pk, at=ASKED)
    assert others == []
    with override("de"):
        reason = shipped_name("too_small")
    assert (voice.source, voice.language, voice.text) == (Source.RETURN, "de", f"{reason}.\nDie Knöpfe sind schön")
    assert (voice.product, voice.product_key, voice.order, voice.customer_id) == (product, "shirt", order, order.customer_id)
    assert (len(hear_return(return_id=case.pk, at=ASKED)), Voice.objects.count()) == (1, 1)
    assert hear_return(return_id=10**9, at=ASKED) == []


def test_the_giver_of_a_gift_is_not_told_of_what_its_receiver_raised(in_acme: Merchant) -> None:
    offer_all()
    case = ask(bought())
    Return.objects.filter(pk=case.pk).update(is_gift=True)
    (voice,) = hear_return(return_id=case.pk, at=ASKED)
    assert voice.customer_id is None


def test_a_claim_is_heard_with_what_was_wrong(in_acme: Merchant) -> None:
    offer_all()
    voice = hear_claim(claim_id=complained(), at=ASKED)
    assert voice is not None
    assert (voice.source, voice.text) == (Source.CLAIM, "Damaged.\nThe box was torn")
    assert keys_of(voice) == ["damaged", "packaging"]
    assert hear_claim(claim_id=10**9, at=ASKED) is None


def test_returns_are_heard_as_they_are_asked_for_and_who_went_through_a_claim_is_asked(real_commits: None) -> None:
    merchant = create_merchant(slug="acme", name="Acme", at=NOW, language="de", country="DE", currency="EUR", timezone="Europe/Berlin")
    with merchant_scope(merchant.pk):
        offer_all()
        ces = DEFAULTS["ces"]
        save_survey(survey=None, name=ces.name, key="ces", trigger=ces.trigger, days=1, definition=ces.definition, is_on=True, at=NOW)
        order = bought()
        ask(order, wish(order, reason="too_large"))
        lines = {line_of(order, "L2").public_id: 1}
        claim = open_claim(order=order, lines=lines, problem="faulty", wanted="refund", note="", at=ASKED, by=SHOPPER)
    run_until_quiet(lambda: ASKED)
    with merchant_scope(merchant.pk):
        assert sorted(Voice.objects.values_list("source", "text")) == [("claim", "It does not work"), ("return", "Too large")]
        assert SurveyInvite.objects.count() == 0
        decline_claim(claim=claim, reason="It is within its usual wear.", at=ASKED + DAY, by=Actor(Origin.STAFF))
    run_until_quiet(lambda: ASKED + DAY)
    with merchant_scope(merchant.pk):
        invite = SurveyInvite.objects.get()
        assert (invite.subject, invite.order_id) == (f"case:{claim.number}", order.pk)
