from django.db import migrations

from merchants.isolation import isolate


class Migration(migrations.Migration):
    dependencies = [("rewards", "0003_thanks")]
    operations = [isolate("rewards_thanksrule")]
