# The tables; the walls round them follow in the isolation migration.

import django.db.models.deletion
import django.db.models.manager
import merchants.scope
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('merchants', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ReturnPolicy',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('window_days', models.PositiveSmallIntegerField(default=30)),
                ('is_free', models.BooleanField(default=False, help_text='the merchant pays the way back')),
                ('refund_days', models.PositiveSmallIntegerField(default=14, help_text='days from arrival to refund')),
                ('how', models.CharField(blank=True, help_text='how to send something back, one sentence', max_length=300)),
                ('contact_url', models.URLField(blank=True, max_length=300)),
                ('merchant', models.ForeignKey(default=merchants.scope.current_merchant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
            ],
            options={
                'verbose_name_plural': 'return policy',
                'abstract': False,
                'base_manager_name': 'all_merchants',
                'constraints': [models.UniqueConstraint(fields=('merchant',), name='returns_returnpolicy_one')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('all_merchants', django.db.models.manager.Manager()),
            ],
        ),
    ]
