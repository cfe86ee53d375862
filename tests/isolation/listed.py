"""Which address belongs to whom. An address of either host that is in none of these tables fails `test_matrix.py`."""

from merchants.types import Scope
from tests.admin.test_access import ACTS, FETCHED, MATRIX
from tests.dashboard import test_pages as ops

# The API: what a key needs, by method. Nothing else is answered.
ORDERS, ORDERS_W = Scope.ORDERS_READ, Scope.ORDERS_WRITE
RETURNS, RETURNS_W = Scope.RETURNS_READ, Scope.RETURNS_WRITE
REVIEWS, REVIEWS_W = Scope.REVIEWS_READ, Scope.REVIEWS_WRITE
CATALOG, CATALOG_W = Scope.CATALOG_READ, Scope.CATALOG_WRITE
CUSTOMERS, CUSTOMERS_W = Scope.CUSTOMERS_READ, Scope.CUSTOMERS_WRITE
API: dict[str, dict[str, Scope]] = {
    **{name: {"get": ORDERS} for name in ("additions", "order", "requests", "shipment")},
    **{name: {"get": ORDERS, "post": ORDERS_W} for name in ("orders", "order-shipments")},
    **{name: {"post": ORDERS_W} for name in ("addition-confirm", "addition-refuse", "order-cancel", "order-refunds")},
    **{name: {"post": ORDERS_W} for name in ("request-accept", "request-refuse", "shipment-scans", "scans")},
    **{
        name: {"get": RETURNS}
        for name in ("order-returnable", "return-reasons", "return-policy", "return", "claim", "withdrawal", "moneys")
    },
    **{name: {"get": RETURNS, "post": RETURNS_W} for name in ("returns", "claims", "withdrawals")},
    **{f"return-{step}": {"post": RETURNS_W} for step in ("approve", "decline", "ask", "answer", "cancel", "receive", "inspect", "close")},
    **{f"return-{step}": {"post": RETURNS_W} for step in ("parcel", "label")},
    **{f"claim-{step}": {"post": RETURNS_W} for step in ("approve", "decline", "ask", "answer", "repaired", "withdraw")},
    **{f"money-{step}": {"post": RETURNS_W} for step in ("sent", "failed")},
    **{name: {"get": REVIEWS} for name in ("reviews", "review", "review-export", "survey-results")},
    **{name: {"post": REVIEWS_W} for name in ("review-import", "review-reply", "review-note", "review-decision")},
    "products": {"get": CATALOG, "post": CATALOG_W},
    "product": {"get": CATALOG, "delete": CATALOG_W},
    "coupon": {"get": Scope.REWARDS_WRITE},
    "coupon-redeem": {"post": Scope.REWARDS_WRITE},
    "referrals": {"post": Scope.REWARDS_WRITE},
    "customers": {"get": CUSTOMERS, "post": CUSTOMERS_W},
    "customer": {"get": CUSTOMERS},
}
API_OPEN = {"schema", "docs"}  # about the API itself
API_NOWHERE = {"nowhere"}

# The staff pages: everything but this asks for a sign-in first.
ADMIN_OPEN = {"admin:login", "admin:new_password", "admin:logout"}
ADMIN_FRAME = {
    "admin:index", "admin:app_list", "admin:switch_merchant", "admin:search", "admin:password_change", "admin:password_change_done",
    "admin:autocomplete", "admin:jsi18n", "admin:view_on_site", "admin:admin/(?P<url>.*)$",
}  # fmt: skip
TABLES = {label: label.replace(".", "_") for label in MATRIX}
ADMIN_TABLES = {f"admin:{table}_{page}" for table in TABLES.values() for page in ("changelist", "add", "change", "delete", "history")}
ADMIN_TABLES |= {f"admin:admin/{label.replace('.', '/')}/<path:object_id>/" for label in MATRIX}
ADMIN_ACTS = {f"admin:{TABLES[label]}_{name}" for label, name in [act[:2] for act in ACTS] + [act[:2] for act in FETCHED]}
ADMIN_PAGES = {
    "admin:merchants_auditentry": "export",
    "admin:merchants_platformentry": "export",
    "admin:notifications_automationversion": "plan past compare simulator letter",
    "admin:notifications_templateversion": "studio preview checks orders frame past compare address",
    "admin:returns_returnpolicy": "draft add_rule rule what_if",
    "admin:reviews_survey": "add_question question",
    "admin:rewards_coupon": "owed",
    "admin:support_article": "article text",
}
ADMIN = ADMIN_FRAME | ADMIN_TABLES | ADMIN_ACTS | {f"{table}_{page}" for table, pages in ADMIN_PAGES.items() for page in pages.split()}

OPS_READS = {*ops.READS, *ops.DELAYS, *ops.INCIDENTS, *ops.INCIDENT_READS_FOR_ACTORS, *ops.RETURNS, *ops.REVIEWS}
OPS_ACTS = {*ops.ACTS, *ops.INCIDENT_ACTS, *ops.OWN_VIEWS, *ops.RETURN_ACTS, *ops.REVIEW_ACTS}
OPS = {f"dashboard:{name}" for name in OPS_READS | OPS_ACTS}

# Called by programs of others, each with a signature of its own.
HOOKS = {"hook"}
CALLBACKS = {"callback_twilio", "callback_twilio_inbound", "callback_mail"}
# For load balancers: figures of the whole installation, and nothing of one merchant.
HEALTH = {"healthz", "readyz", "healthz-queue"}
PLATFORM_STAFF = {"installation-queues"}

SECTIONS: dict[str, set[str]] = {
    "admin": ADMIN | ADMIN_OPEN,
    "ops": OPS,
    "api": {*API} | API_OPEN | API_NOWHERE,
    "hooks": HOOKS,
    "callbacks": CALLBACKS,
    "healthz": {"healthz", "healthz-queue"},
    "readyz": {"readyz"},
    "metrics": {"metrics"},  # for Prometheus, by a token of the installation's own
    "platform": PLATFORM_STAFF,
}
