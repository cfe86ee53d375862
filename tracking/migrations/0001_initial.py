# The tables; the walls round them follow in the isolation migration.

import core.encryption
import django.db.models.deletion
import django.db.models.manager
import merchants.scope
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('merchants', '0001_initial'),
        ('orders', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Shipment',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('public_id', models.CharField(default=core.encryption.random_id, editable=False, max_length=22)),
                ('source', models.CharField(max_length=60)),
                ('external_id', models.CharField(max_length=100)),
                ('position', models.PositiveSmallIntegerField(help_text='parcel 1, 2, 3 of the order')),
                ('carrier_code', models.CharField(blank=True, max_length=40)),
                ('carrier_name', models.CharField(blank=True, max_length=80)),
                ('service', models.CharField(blank=True, max_length=80)),
                ('tracking_number', models.CharField(blank=True, max_length=100)),
                ('tracking_url', models.URLField(blank=True, max_length=1000)),
                ('status', models.CharField(choices=[('pending', 'Being prepared'), ('label_created', 'Label made, not handed over yet'), ('picked_up', 'Handed to the carrier'), ('in_transit', 'On its way'), ('out_for_delivery', 'Out for delivery'), ('attempt_failed', 'Delivery was tried'), ('ready_for_pickup', 'Ready to collect'), ('on_hold', 'Held'), ('delivered', 'Delivered'), ('returning', 'On its way back'), ('returned', 'Returned to the sender'), ('lost', 'Lost'), ('damaged', 'Damaged'), ('cancelled', 'Cancelled'), ('unknown', 'No news from the carrier yet')], default='pending', max_length=20)),
                ('raw_status', models.CharField(blank=True, max_length=60)),
                ('status_at', models.DateTimeField(blank=True, help_text='time of the news the status comes from', null=True)),
                ('created_at', models.DateTimeField()),
                ('source_updated_at', models.DateTimeField()),
                ('shipped_at', models.DateTimeField(blank=True, null=True)),
                ('delivered_at', models.DateTimeField(blank=True, null=True)),
                ('eta_from', models.DateField(blank=True, null=True)),
                ('eta_by', models.DateField(blank=True, null=True)),
                ('eta_source', models.CharField(blank=True, help_text='carrier, learned or merchant', max_length=20)),
                ('merchant', models.ForeignKey(default=merchants.scope.current_merchant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
                ('order', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='shipments', to='orders.order')),
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
            name='ShipmentLine',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('quantity', models.PositiveIntegerField()),
                ('merchant', models.ForeignKey(default=merchants.scope.current_merchant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
                ('order_line', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='orders.orderline')),
                ('shipment', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='tracking.shipment')),
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
        migrations.AddIndex(
            model_name='shipment',
            index=models.Index(fields=['merchant', 'tracking_number'], name='tracking_shipment_number'),
        ),
        migrations.AddIndex(
            model_name='shipment',
            index=models.Index(fields=['merchant', 'status', '-created_at'], name='tracking_shipment_status'),
        ),
        migrations.AddConstraint(
            model_name='shipment',
            constraint=models.UniqueConstraint(fields=('merchant', 'order', 'source', 'external_id'), name='tracking_shipment_external'),
        ),
        migrations.AddConstraint(
            model_name='shipment',
            constraint=models.UniqueConstraint(fields=('merchant', 'public_id'), name='tracking_shipment_public'),
        ),
        migrations.AddConstraint(
            model_name='shipmentline',
            constraint=models.UniqueConstraint(fields=('merchant', 'shipment', 'order_line'), name='tracking_shipmentline_once'),
        ),
        migrations.AddConstraint(
            model_name='shipmentline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='tracking_shipmentline_quantity'),
        ),
    ]
