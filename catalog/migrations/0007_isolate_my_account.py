from django.db import migrations

from merchants.isolation import isolate

SIZES = "catalog_product_size_table_same_merchant"


class Migration(migrations.Migration):
    dependencies = [("catalog", "0006_my_account")]
    operations = [
        isolate("catalog_sizetable"),
        migrations.RunSQL(
            f'alter table "catalog_product" add constraint "{SIZES}" foreign key (merchant_id, size_table_id)'
            ' references "catalog_sizetable" (merchant_id, id) deferrable initially deferred',
            f'alter table "catalog_product" drop constraint if exists "{SIZES}"',
        ),
        isolate("catalog_productpicture", product="catalog_product"),
        isolate("catalog_guidestep", product="catalog_product"),
        isolate("catalog_productmanual", product="catalog_product"),
        isolate("catalog_warrantyterm", product="catalog_product"),
    ]
