"""Reviews for other places to show: those whose authors allow it, in the form product review feeds have (Google, version 2.3).

https://developers.google.com/product-review-feeds/schema
"""

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from catalog.models import Product
from portal.rules.paths import is_https
from portal.views.edge import PortalRequest
from portal.views.public_answer import in_language, kept
from reviews.selectors.origins import products_named
from reviews.selectors.shown import Shown, shareable

MOST, AT_ONCE = 2_000, 500
HOUR = 3600
SCHEMA = "http://www.google.com/shopping/reviews/schema/product/2.3/product_reviews.xsd"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
# What XML 1.0 cannot hold: one such sign makes the whole feed unreadable.
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@require_safe
@in_language
def feed(request: PortalRequest) -> HttpResponse:
    """The newest two thousand, of all stars alike."""
    rows = list(_rows())
    products = products_named({one.product_key for one in rows})
    ET.register_namespace("xsi", INSTANCE)
    root = ET.Element("feed", {f"{{{INSTANCE}}}noNamespaceSchemaLocation": SCHEMA})
    _text(root, "version", "2.3")
    _text(ET.SubElement(root, "publisher"), "name", request.merchant.name)
    reviews = ET.SubElement(root, "reviews")
    for one in rows:
        _review(reviews, one, products.get(one.product_key), request)
    body = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return kept(HttpResponse(body, content_type="application/xml; charset=utf-8"), request, seconds=HOUR)


def _rows() -> Iterator[Shown]:
    after, left = "", MOST
    while left > 0:
        page = shareable(after=after, limit=min(left, AT_ONCE))
        yield from page.reviews
        after, left = page.next, left - len(page.reviews)
        if not after:
            return


def _review(parent: ET.Element, one: Shown, product: Product | None, request: PortalRequest) -> None:
    row = ET.SubElement(parent, "review")
    _text(row, "review_id", one.public_id)
    reviewer = ET.SubElement(row, "reviewer")
    name = _text(reviewer, "name", one.author or _("A shopper"))
    if not one.author:
        name.set("is_anonymous", "true")
    _text(row, "review_timestamp", one.written_at.isoformat(timespec="seconds"))
    if one.title:
        _text(row, "title", one.title)
    _text(row, "content", one.text or one.title or " ")
    for list_name, entry, text in (("pros", "pro", one.pros), ("cons", "con", one.cons)):
        if text:
            _text(ET.SubElement(row, list_name), entry, text)
    _text(row, "review_url", request.build_absolute_uri(reverse("review-shared", args=[one.public_id]))).set("type", "singleton")
    overall = _text(ET.SubElement(row, "ratings"), "overall", str(one.stars))
    overall.attrib.update({"min": "1", "max": "5"})
    _product(ET.SubElement(row, "products"), one, product, request)
    if "incentivised" in one.badges:
        _text(row, "is_incentivized_review", "true")


def _product(parent: ET.Element, one: Shown, product: Product | None, request: PortalRequest) -> None:
    row = ET.SubElement(parent, "product")
    ids = ET.SubElement(row, "product_ids")
    _text(ET.SubElement(ids, "skus"), "sku", (product.sku if product else "") or one.product_key)
    _text(row, "product_name", one.product_title)
    own = request.build_absolute_uri(reverse("product-reviews", args=[one.product_key]))
    _text(row, "product_url", product.page_url if product and is_https(product.page_url) else own)


def _text(parent: ET.Element, name: str, text: str) -> ET.Element:
    row = ET.SubElement(parent, name)
    row.text = NOT_XML.sub("", text)
    return row
