from django.db import migrations

from merchants.isolation import isolate


class Migration(migrations.Migration):
    dependencies = [("tracking", "0003_scans_lanes_incidents")]
    operations = [
        isolate("tracking_scan", shipment="tracking_shipment"),
        isolate("tracking_waitingscans"),
        isolate("tracking_carrierfeed"),
        isolate("tracking_lanestat"),
        isolate("tracking_laneeffect"),
        isolate("tracking_incident", shipment="tracking_shipment", order="orders_order"),
        isolate("tracking_incidentnote", incident="tracking_incident"),
        isolate("tracking_incidentrule"),
        isolate("tracking_savedview"),
        isolate("tracking_flowcell"),
        isolate("tracking_counted", shipment="tracking_shipment"),
    ]
