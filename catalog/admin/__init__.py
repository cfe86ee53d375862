"""Products and size tables, as the merchant edits them."""

from catalog.admin.products import ProductAdmin
from catalog.admin.sizes import SizeTableAdmin

__all__ = ["ProductAdmin", "SizeTableAdmin"]
