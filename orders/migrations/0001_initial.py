# The tables; the walls round them follow in the isolation migration.

import core.encryption
import django.db.models.deletion
import django.db.models.manager
import merchants.scope
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('catalog', '0001_initial'),
        ('customers', '0001_initial'),
        ('merchants', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Order',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('public_id', models.CharField(default=core.encryption.random_id, editable=False, max_length=22)),
                ('track_token', models.CharField(default=core.encryption.random_id, editable=False, max_length=22)),
                ('source', models.CharField(max_length=60)),
                ('external_id', models.CharField(max_length=100)),
                ('number', models.CharField(max_length=60)),
                ('state', models.CharField(choices=[('placed', 'Placed'), ('confirmed', 'Confirmed'), ('cancelled', 'Cancelled')], default='placed', max_length=12)),
                ('payment_state', models.CharField(choices=[('pending', 'Payment pending'), ('authorized', 'Payment authorised'), ('partially_paid', 'Partly paid'), ('paid', 'Paid'), ('partially_refunded', 'Partly refunded'), ('refunded', 'Refunded'), ('voided', 'Voided'), ('failed', 'Payment failed')], default='pending', max_length=20)),
                ('fulfilment', models.CharField(choices=[('unfulfilled', 'Not sent yet'), ('partial', 'Partly sent'), ('fulfilled', 'Sent')], default='unfulfilled', max_length=12)),
                ('is_imported', models.BooleanField(default=False, help_text='history: no messages for what happened before the import')),
                ('currency', models.CharField(max_length=3)),
                ('total', models.DecimalField(decimal_places=4, default=0, max_digits=16)),
                ('subtotal', models.DecimalField(decimal_places=4, default=0, max_digits=16)),
                ('discount_total', models.DecimalField(decimal_places=4, default=0, max_digits=16)),
                ('shipping_total', models.DecimalField(decimal_places=4, default=0, max_digits=16)),
                ('tax_total', models.DecimalField(decimal_places=4, default=0, max_digits=16)),
                ('refunded_total', models.DecimalField(decimal_places=4, default=0, max_digits=16)),
                ('paid_total', models.DecimalField(decimal_places=4, default=0, max_digits=16)),
                ('taxes_included', models.BooleanField(default=True)),
                ('email', models.CharField(blank=True, max_length=254)),
                ('phone', models.CharField(blank=True, max_length=40)),
                ('first_name', models.CharField(blank=True, max_length=80)),
                ('last_name', models.CharField(blank=True, max_length=80)),
                ('language', models.CharField(blank=True, max_length=10)),
                ('shipping_address', models.JSONField(default=dict)),
                ('billing_address', models.JSONField(default=dict)),
                ('shipping_method', models.CharField(blank=True, max_length=120)),
                ('placed_at', models.DateTimeField()),
                ('confirmed_at', models.DateTimeField(blank=True, null=True)),
                ('paid_at', models.DateTimeField(blank=True, null=True)),
                ('cancelled_at', models.DateTimeField(blank=True, null=True)),
                ('cancel_reason', models.CharField(blank=True, max_length=200)),
                ('source_updated_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('ship_by', models.DateField(blank=True, help_text="latest dispatch day promised, in the merchant's zone", null=True)),
                ('arrive_from', models.DateField(blank=True, null=True)),
                ('arrive_by', models.DateField(blank=True, null=True)),
                ('customer', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='customers.customer')),
                ('merchant', models.ForeignKey(default=merchants.scope.current_merchant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
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
            name='OrderChange',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('placed', 'Order received'), ('confirmed', 'Order confirmed'), ('paid', 'Payment received'), ('lines_changed', 'Products changed'), ('address_changed', 'Address changed'), ('contact_changed', 'Contact changed'), ('amounts_changed', 'Amounts changed'), ('details_changed', 'Order details changed'), ('payment_changed', 'Payment changed'), ('shipped', 'Parcel sent'), ('delivered', 'Parcel delivered'), ('refunded', 'Refund sent'), ('cancelled', 'Order cancelled')], max_length=20)),
                ('at', models.DateTimeField()),
                ('data', models.JSONField(default=dict, help_text='facts of the change, no personal data')),
                ('merchant', models.ForeignKey(default=merchants.scope.current_merchant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
                ('order', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='orders.order')),
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
            name='OrderLine',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('public_id', models.CharField(default=core.encryption.random_id, editable=False, max_length=22)),
                ('external_id', models.CharField(max_length=100)),
                ('position', models.PositiveSmallIntegerField()),
                ('title', models.CharField(max_length=300)),
                ('variant_title', models.CharField(blank=True, max_length=200)),
                ('sku', models.CharField(blank=True, max_length=100)),
                ('options', models.JSONField(default=dict)),
                ('image_url', models.URLField(blank=True, max_length=1000)),
                ('requires_shipping', models.BooleanField(default=True)),
                ('quantity', models.PositiveIntegerField()),
                ('quantity_removed', models.PositiveIntegerField(default=0, help_text='cancelled or refunded before dispatch')),
                ('quantity_fulfilled', models.PositiveIntegerField(default=0)),
                ('unit_price', models.DecimalField(decimal_places=4, default=0, max_digits=16)),
                ('discount', models.DecimalField(decimal_places=4, default=0, max_digits=16)),
                ('tax', models.DecimalField(decimal_places=4, default=0, max_digits=16)),
                ('total', models.DecimalField(decimal_places=4, default=0, max_digits=16)),
                ('merchant', models.ForeignKey(default=merchants.scope.current_merchant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
                ('order', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='orders.order')),
                ('product', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='catalog.product')),
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
            name='Payment',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('external_id', models.CharField(max_length=100)),
                ('method', models.CharField(max_length=60)),
                ('last4', models.CharField(blank=True, max_length=4)),
                ('amount', models.DecimalField(decimal_places=4, default=0, max_digits=16)),
                ('paid_at', models.DateTimeField(blank=True, null=True)),
                ('merchant', models.ForeignKey(default=merchants.scope.current_merchant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
                ('order', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='payments', to='orders.order')),
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
            name='Promise',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('subject', models.CharField(help_text="'order' or 'shipment:<id>'", max_length=60)),
                ('kind', models.CharField(choices=[('dispatch_by', 'Sent by'), ('arrive_by', 'Arrives by'), ('return_until', 'Can be returned until'), ('refund_by', 'Refunded by')], max_length=20)),
                ('date', models.DateField()),
                ('said_at', models.DateTimeField()),
                ('source', models.CharField(help_text='merchant, carrier or learned', max_length=20)),
                ('is_kept', models.BooleanField(null=True)),
                ('merchant', models.ForeignKey(default=merchants.scope.current_merchant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
                ('order', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='promises', to='orders.order')),
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
            name='Refund',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('external_id', models.CharField(max_length=100)),
                ('amount', models.DecimalField(decimal_places=4, default=0, max_digits=16)),
                ('note', models.CharField(blank=True, max_length=300)),
                ('lines', models.JSONField(default=dict, help_text='external line id -> quantity')),
                ('refunded_at', models.DateTimeField()),
                ('merchant', models.ForeignKey(default=merchants.scope.current_merchant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
                ('order', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='refunds', to='orders.order')),
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
            name='FulfilmentPolicy',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('handling_days', models.PositiveSmallIntegerField(default=1, help_text='working days from order to hand-over')),
                ('rush_days', models.PositiveSmallIntegerField(default=0, help_text='working days added in a rush: the longest delay')),
                ('cutoff_hour', models.PositiveSmallIntegerField(default=14, help_text='orders after this local hour count as the next working day')),
                ('works_saturday', models.BooleanField(default=False)),
                ('transit_days_min', models.PositiveSmallIntegerField(default=1)),
                ('transit_days_max', models.PositiveSmallIntegerField(default=3)),
                ('merchant', models.ForeignKey(default=merchants.scope.current_merchant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
            ],
            options={
                'verbose_name_plural': 'fulfilment policy',
                'abstract': False,
                'base_manager_name': 'all_merchants',
                'constraints': [models.UniqueConstraint(fields=('merchant',), name='orders_fulfilmentpolicy_one')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('all_merchants', django.db.models.manager.Manager()),
            ],
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['merchant', '-placed_at', '-id'], name='orders_order_newest'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['merchant', 'number'], name='orders_order_number'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['merchant', 'customer', '-placed_at', '-id'], name='orders_order_of_customer'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['merchant', 'state', '-placed_at', '-id'], name='orders_order_by_state'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.UniqueConstraint(fields=('merchant', 'source', 'external_id'), name='orders_order_external'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.UniqueConstraint(fields=('merchant', 'public_id'), name='orders_order_public'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.UniqueConstraint(fields=('merchant', 'track_token'), name='orders_order_track'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('refunded_total__gte', 0), ('total__gte', 0)), name='orders_order_amounts'),
        ),
        migrations.AddIndex(
            model_name='orderchange',
            index=models.Index(fields=['merchant', 'order', 'at', 'id'], name='orders_change_in_order'),
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.UniqueConstraint(fields=('merchant', 'order', 'external_id'), name='orders_orderline_external'),
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.UniqueConstraint(fields=('merchant', 'public_id'), name='orders_orderline_public'),
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0), ('quantity_removed__lte', models.F('quantity'))), name='orders_orderline_quantity'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.UniqueConstraint(fields=('merchant', 'order', 'external_id'), name='orders_payment_external'),
        ),
        migrations.AddIndex(
            model_name='promise',
            index=models.Index(fields=['merchant', 'order', 'kind', 'said_at'], name='orders_promise_in_order'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.UniqueConstraint(fields=('merchant', 'order', 'external_id'), name='orders_refund_external'),
        ),
    ]
