# The tables; the walls round them follow in the isolation migration.

import django.db.models.functions.datetime
import django.db.models.manager
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('due_at', models.DateTimeField()),
                ('fence', models.PositiveIntegerField(default=0)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('crashes', models.PositiveSmallIntegerField(default=0)),
                ('last_error', models.CharField(blank=True, max_length=500)),
                ('handler', models.CharField(max_length=120)),
                ('state', models.CharField(choices=[('ready', 'Ready'), ('running', 'Running'), ('waiting', 'Waiting'), ('done', 'Done'), ('dead', 'Dead')], default='ready', max_length=10)),
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
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('type', models.CharField(max_length=80)),
                ('payload', models.JSONField(help_text='ids and facts that may change later; no personal data')),
                ('occurred_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
