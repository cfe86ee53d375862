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


class ActorKind(TextChoices):
    """Who can act."""

    USER = "user", _("Staff")
    PLATFORM = "platform", _("Platform staff")
    KEY = "key", _("API key")
    SHOPPER = "shopper", _("Shopper")
    VISITOR = "visitor", _("Visitor")
    COMMAND = "command", _("Command line")
    SYSTEM = "system", _("The system")


class Result(TextChoices):
    """How it ended."""

    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused")


class Deed(TextChoices):
    """What the audit log tells. A value is never used for something else: rows of two years stand under it."""

    SIGNED_IN = "staff.signed_in", _("Signed in")
    SIGN_IN_FAILED = "staff.sign_in_failed", _("Failed to sign in")
    SIGNED_OUT = "staff.signed_out", _("Signed out")
    PASSWORD_SET = "staff.password_set", _("Password set")
    PASSWORD_LINK = "staff.password_link", _("Password link made")
    PERSON_CHANGED = "staff.person_changed", _("Person changed")
    MEMBER_ADDED = "staff.added", _("Member of staff added")
    ROLE_CHANGED = "staff.role_changed", _("Role changed")
    MEMBER_REMOVED = "staff.removed", _("Member of staff removed")
    PLATFORM_ENTERED = "platform.entered", _("Platform staff entered")
    PLATFORM_LEFT = "platform.left", _("Platform staff left")
    MERCHANT_OPENED = "merchant.opened", _("Shop opened")
    MERCHANT_CHANGED = "merchant.changed", _("Shop changed")
    DOMAIN_ADDED = "domain.added", _("Domain added")
    KEY_MADE = "key.made", _("API key made")
    KEY_REVOKED = "key.revoked", _("API key revoked")
    CONNECTION_MADE = "connection.made", _("Connection made")
    CONNECTION_SECRET = "connection.secret_replaced", _("Secret of a connection replaced")
    CONNECTION_KEY = "connection.key_written", _("Key of a connection written")
    CONNECTION_CHANGED = "connection.changed", _("Connection changed")
    ACCOUNT_WRITTEN = "account.written", _("Sending account written")
    ACCOUNT_LIMITED = "account.limited", _("Limits of a sending account changed")
    ACCOUNT_CLOSED = "account.closed", _("Sending account closed")
    BRANDING_CHANGED = "branding.changed", _("Branding changed")
    TEMPLATE_PUBLISHED = "template.published", _("Template published")
    TEMPLATE_ROLLED_BACK = "template.rolled_back", _("Template rolled back")
    TEMPLATE_WITHDRAWN = "template.withdrawn", _("Shipped template put back")
    AUTOMATION_PUBLISHED = "automation.published", _("Automation published")
    AUTOMATION_ROLLED_BACK = "automation.rolled_back", _("Automation rolled back")
    AUTOMATION_SWITCHED = "automation.switched", _("Automation switched on or off")
    AUTOMATION_WITHDRAWN = "automation.withdrawn", _("Shipped automation put back")
    ARTICLE_PUBLISHED = "article.published", _("Help article published")
    POLICY_PUBLISHED = "policy.published", _("Return policy published")
    EXPORTED = "data.exported", _("Data exported")
    COPY_FETCHED = "data.copy_fetched", _("Copy of a shopper's data fetched")
    COPY_ASKED = "privacy.copy_asked", _("Copy of a shopper's data asked for")
    COPY_MADE = "privacy.copy_made", _("Copy of a shopper's data made")
    ERASURE_ASKED = "privacy.erasure_asked", _("Erasure of a shopper asked for")
    ERASURE_BEGUN = "privacy.erasure_begun", _("Shopper erased, first round")
    ERASED = "privacy.erased", _("Shopper erased")
    PRIVACY_REFUSED = "privacy.refused", _("Privacy request refused")
    PRIVACY_WITHDRAWN = "privacy.withdrawn", _("Privacy request withdrawn")
    SUPPRESSED = "suppression.added", _("Sending stopped by hand")
    SUPPRESSION_LIFTED = "suppression.lifted", _("Sending allowed again")
    RUN_AGAIN = "rows.run_again", _("Given-up work run again")
    BULK = "rows.bulk", _("Many rows changed at once")
    SECRETS_RENEWED = "secrets.renewed", _("Stored secrets sealed by another key")
    SENDING_HELD = "sending.held", _("Sending held back")
    SENDING_RELEASED = "sending.released", _("Sending let go again")
    LOOK_UP_THROTTLED = "lookup.throttled", _("Order look-ups slowed down")
    DENIED = "access.denied", _("Access denied")


class Language(TextChoices):
    """Languages the product speaks; the first is the fall-back of all."""

    EN = "en", "English"
    DE = "de", "Deutsch"
    ZH_HANS = "zh-hans", "简体中文"
    ID = "id", "Bahasa Indonesia"
    PT_BR = "pt-br", "Português (Brasil)"
