"""Addresses of this room, below `/callbacks/`."""

from django.urls import path, re_path

from notifications import views

urlpatterns = [
    path("twilio/<str:account>/inbound/", views.twilio_inbound, name="callback_twilio_inbound"),
    path("twilio/<str:account>/<str:token>/", views.twilio, name="callback_twilio"),
    re_path(r"^(?P<provider>mailgun|sendgrid|postmark|ses)/(?P<account>[\w-]{1,40})/$", views.mail, name="callback_mail"),
]
