"""Addresses of this room."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from portal.views import account, claims, messages, offer, orders, preferences, public, sign_in, track


class IdConverter(StringConverter):
    """Ids and tokens: URL-safe characters only, so that nothing else ever reaches a query."""

    regex = "[A-Za-z0-9_-]{1,64}"


register_converter(IdConverter, "id")

urlpatterns = [
    path("", account.hub, name="hub"),
    path("orders/", account.orders, name="orders"),
    path("orders/<id:public_id>/", orders.order, name="order"),
    path("orders/<id:public_id>/shipping/", track.shipping, name="order-shipping"),
    path("orders/<id:public_id>/shipping/live/", track.shipping_live, name="order-shipping-live"),
    path("orders/<id:public_id>/choice/", claims.choice, name="order-choice"),
    path("orders/<id:public_id>/parcels/<id:shipment_id>/not-here/", claims.not_here, name="order-not-here"),
    path("orders/<id:public_id>/products/", orders.products, name="order-products"),
    path("orders/<id:public_id>/products/<id:line_id>/", orders.product, name="order-product"),
    path("orders/<id:public_id>/returns/", orders.returns, name="order-returns"),
    path("track/<id:token>/", track.track, name="track"),
    path("track/<id:token>/live/", track.track_live, name="track-live"),
    path("track/<id:token>/calendar.ics", track.calendar, name="track-calendar"),
    path("track/<id:token>/choice/", claims.track_choice, name="track-choice"),
    path("track/<id:token>/not-here/", claims.track_not_here, name="track-not-here"),
    path("offer/<id:token>/", offer.offer, name="offer"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("preferences/<id:token>/", preferences.preferences_by_link, name="preferences-link"),
    path("unsubscribe/<id:token>/", preferences.unsubscribe, name="unsubscribe"),
    path("messages/", messages.messages, name="messages"),
    path("messages/<id:token>/", messages.message, name="message"),
    path("messages/<id:token>/letter/", messages.letter, name="message-letter"),
    path("sign-in/", sign_in.start, name="sign-in"),
    path("sign-in/code/", sign_in.code, name="sign-in-code"),
    path("sign-in/resend/", sign_in.resend, name="sign-in-resend"),
    path("sign-in/confirm/<id:token>/", sign_in.confirm, name="sign-in-confirm"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("policies/returns/", public.return_policy, name="return-policy"),
    path("language/", public.language, name="language"),
    path("brand.css", public.brand, name="brand"),
    path("l/<id:code>", public.short_link, name="short-link"),
]
