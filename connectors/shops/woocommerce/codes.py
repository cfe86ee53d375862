"""WooCommerce's words and ours. What is not here (plugins add their own statuses) is kept raw and leaves a warning."""

ORDER_TOPICS = ("order.created", "order.updated", "order.restored")
DELETE_TOPICS = ("order.deleted",)
PRODUCT_TOPICS = ("product.created", "product.updated", "product.restored")
PRODUCT_DELETE_TOPICS = ("product.deleted",)
TOPICS = (*ORDER_TOPICS, *DELETE_TOPICS, *PRODUCT_TOPICS, *PRODUCT_DELETE_TOPICS)
REFUND = "refund"  # no webhook topic: the REST resource, which only parse_payload meets

# Unpaid statuses the shopper may still walk away from.
UNCONFIRMED = frozenset({"pending", "failed", "checkout-draft", "draft", "auto-draft"})
CONFIRMED = frozenset({"on-hold", "processing", "completed", "refunded"})
CANCELLED = frozenset({"cancelled", "trash"})
STATUSES = UNCONFIRMED | CONFIRMED | CANCELLED

# Where plugins keep the shopper's language.
LANGUAGE_KEYS = ("wpml_language", "trp_language", "_weglot_language")
# Where the two common shipment tracking plugins keep their list.
TRACKING_KEY = "_wc_shipment_tracking_items"
ATTRIBUTE = "pa_"  # prefix of a product attribute's slug

ON_SALE = frozenset({"publish"})
PRODUCT_STATUSES = ("publish", "draft", "pending", "private", "future", "trash", "auto-draft")
SOLD_OUT = "outofstock"
STOCK = ("instock", "outofstock", "onbackorder")
VARIATION = "variation"  # told of apart from the product it belongs to, which is the one order lines name
OF_ONE_PRICE = frozenset({"simple", "external"})
