"""Addresses of the REST API. Order numbers and product ids may hold a slash, so the longer patterns come first."""

from django.urls import URLPattern, URLResolver, path, re_path

from catalog.api import ProductsView, ProductView
from core.docs import DocsView, NowhereView, SchemaView
from customers.api import CustomersView, CustomerView
from orders.api import CancelView, OrdersView, OrderView, RefundsView
from orders.api.additions import AdditionsView, ConfirmView, RefuseView
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
    path("orders/<path:number>", OrderView.as_view(), name="order"),
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
