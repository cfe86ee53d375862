"""Words of this room."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """What a member of staff may do at one merchant, strongest first."""

    OWNER = "owner", _("Owner")
    EDITOR = "editor", _("Editor")
    SUPPORT = "support", _("Support")
    VIEWER = "viewer", _("Viewer")


class Area(TextChoices):
    """Parts of the admin that roles are granted."""

    ORDERS = "orders", _("Orders and customers")
    MESSAGES = "messages", _("Messages and templates")
    BRANDING = "branding", _("Branding and policies")
    CONNECTIONS = "connections", _("Connections and credentials")
    STAFF = "staff", _("Staff and API keys")


class Scope(TextChoices):
    """What an API key may do."""

    ORDERS_READ = "orders:read", _("Read orders")
    ORDERS_WRITE = "orders:write", _("Write orders and shipments")
    CATALOG_READ = "catalog:read", _("Read products")
    CATALOG_WRITE = "catalog:write", _("Write products")
    CUSTOMERS_READ = "customers:read", _("Read customers")
    CUSTOMERS_WRITE = "customers:write", _("Write customers")
    RETURNS_READ = "returns:read", _("Read returns, exchanges and claims")
    RETURNS_WRITE = "returns:write", _("Open, decide, receive and settle returns and claims")
    REVIEWS_READ = "reviews:read", _("Read reviews and answers to surveys")
    REVIEWS_WRITE = "reviews:write", _("Answer, moderate and bring along reviews")
    REWARDS_WRITE = "rewards:write", _("Look up and redeem coupons")


class Language(TextChoices):
    """Languages the product speaks; the first is the fall-back of all."""

    EN = "en", "English"
    DE = "de", "Deutsch"
    ZH_HANS = "zh-hans", "简体中文"
    ID = "id", "Bahasa Indonesia"
    PT_BR = "pt-br", "Português (Brasil)"
