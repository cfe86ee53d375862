# The tables; the walls round them follow in the isolation migration.

import core.encryption
import django.db.models.functions.datetime
import django.db.models.manager
import merchants.models
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Connection',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('public_id', models.CharField(default=core.encryption.random_id, editable=False, max_length=22)),
                ('connector', models.CharField(help_text='shopify, woocommerce', max_length=30)),
                ('slug', models.CharField(help_text='source of the orders it brings', max_length=60)),
                ('account', models.CharField(blank=True, help_text="the shop's own address; a webhook naming another is refused", max_length=200)),
                ('secret', merchants.models.SecretField(blank=True)),
                ('previous_secret', merchants.models.SecretField(blank=True)),
                ('previous_secret_until', models.DateTimeField(blank=True, null=True)),
                ('is_active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField()),
                ('last_received_at', models.DateTimeField(blank=True, null=True)),
                ('refused_count', models.PositiveIntegerField(default=0, help_text='calls with a wrong or missing signature')),
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
        migrations.CreateModel(
            name='InboxItem',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('due_at', models.DateTimeField()),
                ('fence', models.PositiveIntegerField(default=0)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('crashes', models.PositiveSmallIntegerField(default=0)),
                ('last_error', models.CharField(blank=True, max_length=500)),
                ('topic', models.CharField(max_length=80)),
                ('event_id', models.CharField(help_text="the sender's id of this call, else the body's fingerprint", max_length=100)),
                ('body', models.BinaryField()),
                ('state', models.CharField(choices=[('ready', 'Ready'), ('running', 'Running'), ('waiting', 'Waiting'), ('done', 'Done'), ('dead', 'Dead')], default='ready', max_length=10)),
                ('waiting_for', models.CharField(blank=True, help_text='what must arrive first, e.g. order:shopify:123', max_length=200)),
                ('outcome', models.CharField(blank=True, help_text='what we made of it', max_length=300)),
                ('received_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('finished_at', models.DateTimeField(null=True)),
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
