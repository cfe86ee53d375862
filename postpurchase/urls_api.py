"""Addresses of the REST API. Order numbers and product ids may hold a slash, so the longer patterns come first."""

from django.urls import URLPattern, URLResolver, path, re_path

from catalog.api import ProductsView, ProductView
from core.docs import DocsView, NowhereView, SchemaView
from customers.api import CustomersView, CustomerView
from orders.api import CancelView, OrdersView, OrderView, RefundsView
from orders.api.additions import AdditionsView, ConfirmView, RefuseView
from orders.api.requests import AcceptRequestView, RefuseRequestView, RequestsView
from returns.api.claims import (
    AnswerClaimView,
    ApproveClaimView,
    AskClaimView,
    ClaimsView,
    ClaimView,
    DeclineClaimView,
    RepairedView,
    WithdrawClaimView,
)
from returns.api.moneys import FailedView, MoneysView, SentView
from returns.api.policy import PolicyView, ReasonsView, ReturnableView
from returns.api.returns import ReturnsView, ReturnView
from returns.api.steps import (
    AnswerView,
    ApproveView,
    AskView,
    CancelReturnView,
    CloseView,
    DeclineView,
    InspectView,
    LabelView,
    ParcelView,
    ReceiveView,
)
from returns.api.withdrawals import WithdrawalsView, WithdrawalView
from reviews.api.imports import ImportView
from reviews.api.reviews import ExportView as ReviewExportView
from reviews.api.reviews import ReviewsView, ReviewView
from reviews.api.steps import DecisionView, NoteView, ReplyView
from reviews.api.surveys import ResultsView
from rewards.api import CouponView, RedeemView, ReferralsView
from tracking.api import BatchView, ScansView, ShipmentsView, ShipmentView

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", DocsView.as_view(), name="docs"),
    path("additions", AdditionsView.as_view(), name="additions"),
    path("additions/<str:public_id>/confirm", ConfirmView.as_view(), name="addition-confirm"),
    path("additions/<str:public_id>/refuse", RefuseView.as_view(), name="addition-refuse"),
    path("orders", OrdersView.as_view(), name="orders"),
    path("orders/<path:number>/cancel", CancelView.as_view(), name="order-cancel"),
    path("orders/<path:number>/shipments", ShipmentsView.as_view(), name="order-shipments"),
    path("orders/<path:number>/refunds", RefundsView.as_view(), name="order-refunds"),
    path("orders/<path:number>/returnable", ReturnableView.as_view(), name="order-returnable"),
    path("orders/<path:number>", OrderView.as_view(), name="order"),
    path("requests", RequestsView.as_view(), name="requests"),
    path("requests/<str:public_id>/accept", AcceptRequestView.as_view(), name="request-accept"),
    path("requests/<str:public_id>/refuse", RefuseRequestView.as_view(), name="request-refuse"),
    path("returns", ReturnsView.as_view(), name="returns"),
    path("returns/reasons", ReasonsView.as_view(), name="return-reasons"),
    path("returns/policy", PolicyView.as_view(), name="return-policy"),
    path("returns/<str:public_id>/approve", ApproveView.as_view(), name="return-approve"),
    path("returns/<str:public_id>/decline", DeclineView.as_view(), name="return-decline"),
    path("returns/<str:public_id>/ask", AskView.as_view(), name="return-ask"),
    path("returns/<str:public_id>/answer", AnswerView.as_view(), name="return-answer"),
    path("returns/<str:public_id>/cancel", CancelReturnView.as_view(), name="return-cancel"),
    path("returns/<str:public_id>/receive", ReceiveView.as_view(), name="return-receive"),
    path("returns/<str:public_id>/inspect", InspectView.as_view(), name="return-inspect"),
    path("returns/<str:public_id>/close", CloseView.as_view(), name="return-close"),
    path("returns/<str:public_id>/parcel", ParcelView.as_view(), name="return-parcel"),
    path("returns/<str:public_id>/label", LabelView.as_view(), name="return-label"),
    path("returns/<str:public_id>", ReturnView.as_view(), name="return"),
    path("claims", ClaimsView.as_view(), name="claims"),
    path("claims/<str:public_id>/approve", ApproveClaimView.as_view(), name="claim-approve"),
    path("claims/<str:public_id>/decline", DeclineClaimView.as_view(), name="claim-decline"),
    path("claims/<str:public_id>/ask", AskClaimView.as_view(), name="claim-ask"),
    path("claims/<str:public_id>/answer", AnswerClaimView.as_view(), name="claim-answer"),
    path("claims/<str:public_id>/repaired", RepairedView.as_view(), name="claim-repaired"),
    path("claims/<str:public_id>/withdraw", WithdrawClaimView.as_view(), name="claim-withdraw"),
    path("claims/<str:public_id>", ClaimView.as_view(), name="claim"),
    path("withdrawals", WithdrawalsView.as_view(), name="withdrawals"),
    path("withdrawals/<str:public_id>", WithdrawalView.as_view(), name="withdrawal"),
    path("moneys", MoneysView.as_view(), name="moneys"),
    path("moneys/<str:public_id>/sent", SentView.as_view(), name="money-sent"),
    path("moneys/<str:public_id>/failed", FailedView.as_view(), name="money-failed"),
    path("reviews", ReviewsView.as_view(), name="reviews"),
    path("reviews/export", ReviewExportView.as_view(), name="review-export"),
    path("reviews/import", ImportView.as_view(), name="review-import"),
    path("reviews/<str:public_id>/reply", ReplyView.as_view(), name="review-reply"),
    path("reviews/<str:public_id>/note", NoteView.as_view(), name="review-note"),
    path("reviews/<str:public_id>/decision", DecisionView.as_view(), name="review-decision"),
    path("reviews/<str:public_id>", ReviewView.as_view(), name="review"),
    path("surveys/<str:key>/results", ResultsView.as_view(), name="survey-results"),
    path("shipments/<str:public_id>/scans", ScansView.as_view(), name="shipment-scans"),
    path("shipments/<str:public_id>", ShipmentView.as_view(), name="shipment"),
    path("scans", BatchView.as_view(), name="scans"),
    path("products", ProductsView.as_view(), name="products"),
    path("products/<path:external_id>", ProductView.as_view(), name="product"),
    path("coupons/<str:code>/redeem", RedeemView.as_view(), name="coupon-redeem"),
    path("coupons/<str:code>", CouponView.as_view(), name="coupon"),
    path("referrals", ReferralsView.as_view(), name="referrals"),
    path("customers", CustomersView.as_view(), name="customers"),
    path("customers/<str:public_id>", CustomerView.as_view(), name="customer"),
    re_path(r"^[\s\S]*$", NowhereView.as_view(), name="nowhere"),
]
