# Goods that come back without money are asked to go on the shelf again.

from django.db import migrations, models

KINDS = [
    ("refund", "Send money back"),
    ("credit", "Give store credit"),
    ("exchange", "Order a replacement"),
    ("label", "Make a return label"),
    ("restock", "Put goods back on the shelf"),
]


class Migration(migrations.Migration):
    dependencies = [("connectors", "0007_commands")]
    operations = [migrations.AlterField("command", "kind", models.CharField(choices=KINDS, max_length=10))]
