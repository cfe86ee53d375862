from django.db import migrations

from merchants.isolation import isolate

ORDER, LINE, RETURN, CLAIM = "orders_order", "orders_orderline", "returns_return", "returns_claim"


class Migration(migrations.Migration):
    dependencies = [("returns", "0003_cases"), ("catalog", "0009_isolate_variants"), ("orders", "0009_isolate_my_account")]
    operations = [
        isolate("returns_returnreason"),
        isolate("returns_returnplace"),
        isolate("returns_return", order=ORDER, policy="returns_returnpolicy", shipment="tracking_shipment"),
        isolate("returns_returnline", case=RETURN, order_line=LINE),
        isolate("returns_claim", order=ORDER, shipment="tracking_shipment", case=RETURN),
        isolate("returns_claimline", claim=CLAIM, order_line=LINE),
        isolate(
            "returns_exchange",
            order=ORDER,
            line="returns_returnline",
            claim=CLAIM,
            product="catalog_product",
            variant="catalog_variant",
            new_order=ORDER,
        ),
        isolate("returns_withdrawal", order=ORDER, case=RETURN),
        isolate("returns_moneyback", order=ORDER, case=RETURN, claim=CLAIM, refund="orders_refund"),
        isolate("returns_casephoto", order=ORDER, line="returns_returnline", claim=CLAIM),
        isolate("returns_casechange", order=ORDER, case=RETURN, claim=CLAIM),
    ]
