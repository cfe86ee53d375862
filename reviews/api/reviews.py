"""REST operations on reviews: list, read, take out as a file."""

import csv
from io import StringIO

from rest_framework.request import Request
from rest_framework.response import Response

from core.api import invalid
from core.cursor import BadCursor, Listing
from merchants.api import MerchantAPIView
from merchants.audit import About, record
from merchants.schema import operation, page_of
from merchants.types import Deed, Scope
from reviews.api import examples
from reviews.api.access import TAG, ExportQuery, ReviewsQuery, called, matching, review_rows
from reviews.api.outgoing import ExportShape, ReviewShape, lines_of

LIST, BY = "reviews", "written_at"


class ReviewsView(MerchantAPIView):
    """All reviews."""

    scopes = {"GET": Scope.REVIEWS_READ}
    query = {"GET": ReviewsQuery}

    @operation(
        id="reviews_list",
        summary="List reviews, newest first",
        description="With `state=pending` those that wait for a decision. Their `stars` are told once it is taken, because stars are no"
        " reason for one.",
        tag=TAG,
        query=ReviewsQuery,
        answers={200: page_of(ReviewShape)},
        answer={"results": [examples.SHOWN], "next_cursor": None},
    )
    def get(self, request: Request) -> Response:
        return self.page(matching(review_rows(), self.filters), ReviewShape, name=LIST, by=BY)


class ReviewView(MerchantAPIView):
    """One review."""

    scopes = {"GET": Scope.REVIEWS_READ}

    @operation(
        id="reviews_get",
        summary="Read a review",
        tag=TAG,
        answers={200: ReviewShape},
        answer=examples.SHOWN,
        errors=(404,),
    )
    def get(self, request: Request, public_id: str) -> Response:
        return Response(ReviewShape(called(public_id)).data)


class ExportView(MerchantAPIView):
    """Reviews as a file."""

    scopes = {"GET": Scope.REVIEWS_READ}
    query = {"GET": ExportQuery}

    @operation(
        id="reviews_export",
        summary="Take reviews out as CSV",
        description="The filters of the list; a thousand reviews at a time.",
        tag=TAG,
        query=ExportQuery,
        answers={200: ExportShape},
        answer={"csv": examples.EXPORTED, "next_cursor": None},
    )
    def get(self, request: Request) -> Response:
        listing = Listing(LIST, self.key.merchant_id, BY)
        rows = matching(review_rows(), self.filters)
        try:
            page = listing.page(rows, cursor=self.filters["cursor"], limit=self.filters["limit"])
        except BadCursor:
            raise invalid("cursor", "Is not a cursor of this list.") from None
        held = StringIO()
        csv.writer(held).writerows(lines_of(page.rows))
        record(Deed.EXPORTED, About("reviews.review"), {"rows": len(page.rows)})
        return Response({"csv": held.getvalue(), "next_cursor": page.next_cursor})
