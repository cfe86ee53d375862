# The tables; the walls round them follow in the isolation migration.

import django.db.models.deletion
import merchants.scope
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('connectors', '0001_initial'),
        ('merchants', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='connection',
            name='merchant',
            field=models.ForeignKey(default=merchants.scope.current_merchant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant'),
        ),
        migrations.AddField(
            model_name='inboxitem',
            name='connection',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='items', to='connectors.connection'),
        ),
        migrations.AddField(
            model_name='inboxitem',
            name='merchant',
            field=models.ForeignKey(default=merchants.scope.current_merchant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant'),
        ),
        migrations.AddConstraint(
            model_name='connection',
            constraint=models.UniqueConstraint(fields=('public_id',), name='connectors_connection_public'),
        ),
        migrations.AddConstraint(
            model_name='connection',
            constraint=models.UniqueConstraint(fields=('merchant', 'slug'), name='connectors_connection_slug'),
        ),
        migrations.AddIndex(
            model_name='inboxitem',
            index=models.Index(condition=models.Q(('state__in', ['ready', 'running'])), fields=['due_at', 'id'], name='connectors_inbox_due'),
        ),
        migrations.AddIndex(
            model_name='inboxitem',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['merchant', 'waiting_for'], name='connectors_inbox_waiting'),
        ),
        migrations.AddIndex(
            model_name='inboxitem',
            index=models.Index(condition=models.Q(('state', 'dead')), fields=['merchant', '-due_at'], name='connectors_inbox_dead'),
        ),
        migrations.AddIndex(
            model_name='inboxitem',
            index=models.Index(fields=['merchant', '-received_at'], name='connectors_inbox_newest'),
        ),
        migrations.AddConstraint(
            model_name='inboxitem',
            constraint=models.UniqueConstraint(fields=('merchant', 'connection', 'topic', 'event_id'), name='connectors_inbox_once'),
        ),
    ]
