"""WooCommerce's words and ours. What is not here (plugins add their own statuses) is kept raw and leaves a warning."""

ORDER_TOPICS = ("order.created", "order.updated", "order.restored")
DELETE_TOPICS = ("order.deleted",)
TOPICS = (*ORDER_TOPICS, *DELETE_TOPICS)
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
