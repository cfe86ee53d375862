"""Addresses of the staff pages under `/ops/`."""

from django.urls import path

from dashboard.views import acts, dead, delays, figures, incidents, messages, outreach, overview

app_name = "dashboard"

urlpatterns = [
    path("", delays.delays_page, name="start"),
    path("delays/", delays.delays_page, name="delays"),
    path("delays/lanes/", delays.lanes_page, name="lanes"),
    path("delays/parcels/", delays.parcels_page, name="parcels"),
    path("delays/feeds/", delays.feeds_page, name="feeds"),
    path("incidents/", incidents.list_page, name="incidents"),
    path("incidents/rows/", incidents.rows, name="incident_rows"),
    path("incidents/<int:incident_id>/", incidents.incident, name="incident"),
    path("incidents/<int:incident_id>/message/", outreach.message_preview, name="message_preview"),
    path("incidents/assign/", acts.assign, name="assign"),
    path("incidents/snooze/", acts.snooze, name="snooze"),
    path("incidents/note/", acts.note, name="note"),
    path("incidents/resolve/", acts.resolve, name="resolve"),
    path("incidents/reopen/", acts.reopen, name="reopen"),
    path("incidents/undo/", acts.undo, name="undo"),
    path("incidents/message/", outreach.message, name="message"),
    path("incidents/ask/", outreach.ask, name="ask"),
    path("incidents/asked/", outreach.asked, name="asked"),
    path("incidents/export/", outreach.export, name="export"),
    path("incidents/views/", acts.save_view, name="save_view"),
    path("incidents/views/<int:view_id>/delete/", acts.delete_view, name="delete_view"),
    path("figures/", figures.figures_page, name="figures"),
    path("service/", overview.overview_page, name="overview"),
    path("messages/", messages.log_page, name="messages"),
    path("messages/<int:message_id>/", messages.story_page, name="story"),
    path("messages/<int:message_id>/preview/", messages.preview, name="preview"),
    path("messages/<int:message_id>/rerun/", messages.rerun, name="rerun_message"),
    path("messages/<int:message_id>/cancel/", messages.cancel, name="cancel_message"),
    path("dead/", dead.dead_page, name="dead"),
    path("dead/rerun/", dead.rerun, name="rerun"),
    path("queues/", overview.queues_page, name="queues"),
    path("sandbox/", overview.sandbox_page, name="sandbox"),
]
