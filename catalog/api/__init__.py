"""REST operations on products, with what they take and answer."""

from catalog.api.examples import ANSWER, EXAMPLE
from catalog.api.views import ProductsView, ProductView

__all__ = ["ANSWER", "EXAMPLE", "ProductView", "ProductsView"]
