"""The admin: one site, always in one merchant's scope. Other rooms register their tables on `site` with `MerchantAdmin`."""

from merchants.admin import audit, people, shop
from merchants.admin.base import Confirm, MerchantAdmin, Once, ReadOnlyInline, SingletonAdmin, Text, action, extend, stamp
from merchants.admin.site import site

__all__ = [
    "Confirm",
    "MerchantAdmin",
    "Once",
    "ReadOnlyInline",
    "SingletonAdmin",
    "Text",
    "action",
    "audit",
    "extend",
    "people",
    "shop",
    "site",
    "stamp",
]
