"""Writes of this room."""

from catalog.services.checks import MAX_MONTHS, MAX_RELATED, MAX_STOCK, PARTS, ProductRefused
from catalog.services.guides import hand_back, save_size_table, write_product
from catalog.services.products import add_product, delete_product, upsert_product
from catalog.services.relations import FIELDS, relate_products

__all__ = [
    "FIELDS",
    "MAX_MONTHS",
    "MAX_RELATED",
    "MAX_STOCK",
    "PARTS",
    "ProductRefused",
    "add_product",
    "delete_product",
    "hand_back",
    "relate_products",
    "save_size_table",
    "upsert_product",
    "write_product",
]
