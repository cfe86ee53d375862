"""When money that went back is to be seen: the usual time of each way of paying, which is what banks and payment services say."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from orders.rules import add_working_days

VOUCHER, PAYPAL, LATER, BANK, WALLET, CARD, OTHER = "voucher", "paypal", "later", "bank", "wallet", "card", "other"
# What shops call the ways of paying, in our five languages; the first that fits counts.
NAMES: tuple[tuple[str, str], ...] = (
    (VOUCHER, r"gift|geschenk|gutschein|voucher|store credit|vale|presente|hadiah|礼品|代金"),
    (PAYPAL, r"paypal"),
    (LATER, r"klarna|afterpay|clearpay|affirm|ratepay|riverty|rechnung|invoice"),
    (WALLET, r"alipay|支付宝|wechat|微信|gopay|\bovo\b|\bdana\b|shopeepay"),
    (CARD, r"visa|master|amex|american express|maestro|discover|diners|jcb|unionpay|card|karte|kartu|cart[aã]o|银行卡|信用卡|"
           r"apple pay|google pay|shop pay|stripe|shopify payments|woocommerce payments|\belo\b|hipercard"),
    (BANK, r"bank|transfer|sepa|überweisung|lastschrift|ideal|giropay|sofort|bancontact|\beps\b|\bpix\b|boleto|virtual account|转账"),
)  # fmt: skip
# Working days from the day the shop sent it, the slowest that is usual.
DAYS = {VOUCHER: 0, PAYPAL: 5, LATER: 7, WALLET: 5, CARD: 10, BANK: 3, OTHER: 10}


@dataclass(frozen=True, slots=True)
class Due:
    """By when it is to be seen, and who says so."""

    day: date
    source: str


def way_of(method: str) -> str:
    """The family of a way of paying, by what the shop calls it."""
    text = method.casefold()
    return next((way for way, names in NAMES if re.search(names, text)), OTHER)


def refund_due(methods: Iterable[str], *, sent_on: date, country: str) -> Due:
    """The day money sent back on a day is seen at the latest; paid in several ways, the slowest counts."""
    ways = {way_of(method) for method in methods} or {OTHER}
    slowest = max(sorted(ways), key=lambda way: DAYS[way])
    return Due(add_working_days(sent_on, DAYS[slowest], country) if DAYS[slowest] else sent_on, _source(slowest))


def _source(way: str) -> str:
    days = DAYS[way]
    words = {
        VOUCHER: _("Gift cards show it the same day."),
        PAYPAL: _("PayPal takes up to %(days)s working days."),
        LATER: _("The payment service takes up to %(days)s working days."),
        WALLET: _("The payment service takes up to %(days)s working days."),
        CARD: _("Card banks take up to %(days)s working days."),
        BANK: _("Banks take up to %(days)s working days."),
        OTHER: _("Banks take up to %(days)s working days."),
    }
    return words[way] % {"days": days}
