# The tables; the walls round them follow in the isolation migration.

import django.db.models.deletion
import merchants.scope
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('customers', '0001_initial'),
        ('merchants', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='consent',
            name='merchant',
            field=models.ForeignKey(default=merchants.scope.current_merchant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant'),
        ),
        migrations.AddField(
            model_name='customer',
            name='merchant',
            field=models.ForeignKey(default=merchants.scope.current_merchant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant'),
        ),
        migrations.AddField(
            model_name='consent',
            name='customer',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='consents', to='customers.customer'),
        ),
        migrations.AddField(
            model_name='shoppersession',
            name='customer',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='sessions', to='customers.customer'),
        ),
        migrations.AddField(
            model_name='shoppersession',
            name='merchant',
            field=models.ForeignKey(default=merchants.scope.current_merchant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant'),
        ),
        migrations.AddField(
            model_name='signinrequest',
            name='merchant',
            field=models.ForeignKey(default=merchants.scope.current_merchant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant'),
        ),
        migrations.AddField(
            model_name='suppression',
            name='merchant',
            field=models.ForeignKey(default=merchants.scope.current_merchant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant'),
        ),
        migrations.AddConstraint(
            model_name='customer',
            constraint=models.UniqueConstraint(fields=('merchant', 'email_normalised'), name='customers_customer_email'),
        ),
        migrations.AddConstraint(
            model_name='customer',
            constraint=models.UniqueConstraint(fields=('merchant', 'public_id'), name='customers_customer_public'),
        ),
        migrations.AddIndex(
            model_name='consent',
            index=models.Index(fields=['merchant', 'customer', 'channel', '-at'], name='customers_consent_newest'),
        ),
        migrations.AddConstraint(
            model_name='shoppersession',
            constraint=models.UniqueConstraint(fields=('merchant', 'fingerprint'), name='customers_session_fingerprint'),
        ),
        migrations.AddIndex(
            model_name='signinrequest',
            index=models.Index(fields=['merchant', 'email_normalised', '-created_at'], name='customers_signin_by_email'),
        ),
        migrations.AddIndex(
            model_name='signinrequest',
            index=models.Index(fields=['merchant', 'ip', '-created_at'], name='customers_signin_by_ip'),
        ),
        migrations.AddConstraint(
            model_name='signinrequest',
            constraint=models.UniqueConstraint(fields=('merchant', 'link_fingerprint'), name='customers_signin_link'),
        ),
        migrations.AddConstraint(
            model_name='suppression',
            constraint=models.UniqueConstraint(fields=('merchant', 'channel', 'recipient_hash'), name='customers_suppression_once'),
        ),
    ]
