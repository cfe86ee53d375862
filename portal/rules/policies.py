"""A returns policy in the words of schema.org, for search engines and shopping agents."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from returns.rules.policy import Rules
from returns.rules.terms import Rule
from returns.rules.text import Clause, text_as_json
from returns.types import Outcome

SCHEMA = "https://schema.org/"
REFUNDS = {
    Outcome.REFUND: "FullRefund",
    Outcome.CREDIT: "StoreCreditRefund",
    Outcome.EXCHANGE: "ExchangeRefund",
}


def policy_for_machines(rules: Rules, *, merchant: str, country: str, url: str, clauses: Sequence[Clause] = ()) -> dict[str, Any]:
    """A `MerchantReturnPolicy`: only what the merchant has promised, nothing assumed. `clauses` says what schema.org has no words for."""
    found: dict[str, Any] = {
        "@context": SCHEMA,
        "@type": "MerchantReturnPolicy",
        "name": merchant,
        "merchantReturnLink": url,
        "applicableCountry": country,
        "returnPolicyCountry": country,
        **_window(rules.window_days),
    }
    if rules.window_days:
        found |= {"returnMethod": f"{SCHEMA}ReturnByMail", "returnFees": f"{SCHEMA}{_fees(rules.is_free)}"}
        found |= _fee(rules.outcomes[Outcome.REFUND].fee if Outcome.REFUND in rules.outcomes else None, rules.currency)
    if len(rules.outcomes) > 0:
        found["refundType"] = [f"{SCHEMA}{REFUNDS[one]}" for one in REFUNDS if _is_offered(rules, one)]
    seasons = [_season(rule) for rule in rules.rules if _is_season(rule)]
    if seasons:
        found["returnPolicySeasonalOverride"] = seasons
    if rules.rules or rules.outcomes:
        found["additionalProperty"] = [
            {"@type": "PropertyValue", "propertyID": one["id"], "name": one["title"], "value": clause.text, "valueReference": one}
            for one, clause in zip(text_as_json(clauses), clauses, strict=True)
        ]
    return found


def _window(days: int) -> dict[str, Any]:
    if days == 0:
        return {"returnPolicyCategory": f"{SCHEMA}MerchantReturnNotPermitted"}
    return {"returnPolicyCategory": f"{SCHEMA}MerchantReturnFiniteReturnWindow", "merchantReturnDays": days}


def _fees(is_free: bool) -> str:
    return "FreeReturn" if is_free else "ReturnFeesCustomerResponsibility"


def _fee(fee: Decimal | None, currency: str) -> dict[str, Any]:
    return {"restockingFee": {"@type": "MonetaryAmount", "value": str(fee), "currency": currency}} if fee else {}


def _is_offered(rules: Rules, outcome: Outcome) -> bool:
    terms = rules.outcomes.get(outcome)
    return outcome == Outcome.REFUND if terms is None else terms.open is not False


def _is_season(rule: Rule) -> bool:
    """Whether a rule is for everything bought in a stretch of time, and says how long: what schema.org calls a season."""
    when = rule.when
    asked = (when.countries, when.not_countries, when.types, when.tags, when.skus, when.reasons, when.kinds)
    others = (when.min_price, when.max_price, when.discounted, when.min_earlier_returns, when.gift)
    is_for_all = not any(asked) and all(one is None for one in others)
    return bool(is_for_all and when.bought_from and when.bought_until and (rule.then.window_days or rule.then.no_end or rule.then.until))


def _season(rule: Rule) -> dict[str, Any]:
    when, then = rule.when, rule.then
    found: dict[str, Any] = {
        "@type": "MerchantReturnPolicySeasonalOverride",
        "startDate": str(when.bought_from),
        "endDate": str(when.bought_until),
    }
    if then.no_end:
        return {**found, "returnPolicyCategory": f"{SCHEMA}MerchantReturnUnlimitedWindow"}
    found["returnPolicyCategory"] = f"{SCHEMA}MerchantReturnFiniteReturnWindow"
    return {**found, "merchantReturnDays": str(then.until) if then.until else then.window_days}
