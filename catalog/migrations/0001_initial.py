# The tables; the walls round them follow in the isolation migration.

import core.encryption
import django.db.models.manager
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Product',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('public_id', models.CharField(default=core.encryption.random_id, editable=False, max_length=22)),
                ('external_id', models.CharField(max_length=100)),
                ('sku', models.CharField(blank=True, max_length=100)),
                ('title', models.CharField(max_length=300)),
                ('variant_title', models.CharField(blank=True, max_length=200)),
                ('description', models.TextField(blank=True, max_length=20000)),
                ('image_url', models.URLField(blank=True, max_length=1000)),
                ('page_url', models.URLField(blank=True, max_length=1000)),
                ('specs', models.JSONField(default=dict, help_text='name -> value, shown in this order')),
                ('guide', models.TextField(blank=True, max_length=20000)),
                ('created_at', models.DateTimeField()),
                ('updated_at', models.DateTimeField()),
                ('deleted_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'all_merchants',
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('all_merchants', django.db.models.manager.Manager()),
            ],
        ),
    ]
