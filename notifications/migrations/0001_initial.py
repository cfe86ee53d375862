# The tables; the walls round them follow in the isolation migration.

import core.encryption
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.manager
import merchants.models
import merchants.scope
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('customers', '0002_initial'),
        ('events', '0002_initial'),
        ('merchants', '0001_initial'),
        ('merchants', '__first__'),
        ('orders', '0001_initial'),
        ('tracking', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ProviderAccount',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('public_id', models.CharField(default=core.encryption.random_id, editable=False, max_length=22)),
                ('channel', models.CharField(choices=[('email', 'E-mail'), ('sms', 'SMS')], max_length=10)),
                ('provider', models.CharField(help_text='smtp, mailgun, sendgrid, postmark, ses, twilio, sandbox', max_length=20)),
                ('settings', models.JSONField(default=dict, help_text='what is not secret: host, domain, region, sender number')),
                ('secret', merchants.models.SecretField(blank=True, help_text="JSON of the provider's secrets")),
                ('is_active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField()),
                ('last_error', models.CharField(blank=True, max_length=300)),
                ('last_error_at', models.DateTimeField(blank=True, null=True)),
                ('paused_until', models.DateTimeField(blank=True, help_text='the provider asked not to be called before', null=True)),
                ('merchant', models.ForeignKey(default=merchants.scope.current_merchant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'all_merchants',
                'constraints': [models.UniqueConstraint(condition=models.Q(('is_active', True)), fields=('merchant', 'channel'), name='notifications_account_active'), models.UniqueConstraint(fields=('public_id',), name='notifications_account_public')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('all_merchants', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='TemplateVersion',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('order_confirmation', 'Order confirmation'), ('thanks', 'Thanks, with the dispatch date'), ('dispatch', 'Parcel sent'), ('cancellation', 'Order cancelled'), ('refund', 'Refund sent'), ('sign_in', 'Sign-in code')], max_length=30)),
                ('channel', models.CharField(choices=[('email', 'E-mail'), ('sms', 'SMS')], max_length=10)),
                ('language', models.CharField(choices=[('en', 'English'), ('de', 'Deutsch'), ('zh-hans', '简体中文'), ('id', 'Bahasa Indonesia')], max_length=10)),
                ('number', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('published', 'Published'), ('archived', 'Archived')], default='draft', max_length=10)),
                ('subject', models.CharField(blank=True, max_length=300)),
                ('source', models.TextField(help_text='MJML with Liquid for e-mail, Liquid for SMS')),
                ('text_source', models.TextField(blank=True, help_text='Liquid; the text part of an e-mail')),
                ('compiled', models.TextField(blank=True, editable=False, help_text='HTML with Liquid left in, made at save')),
                ('created_at', models.DateTimeField()),
                ('published_at', models.DateTimeField(blank=True, null=True)),
                ('broken_at', models.DateTimeField(blank=True, help_text='last time it failed and the shipped default went out', null=True)),
                ('broken_reason', models.CharField(blank=True, max_length=300)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('merchant', models.ForeignKey(default=merchants.scope.current_merchant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'all_merchants',
                'constraints': [models.UniqueConstraint(fields=('merchant', 'kind', 'channel', 'language', 'number'), name='notifications_template_number'), models.UniqueConstraint(condition=models.Q(('state', 'published')), fields=('merchant', 'kind', 'channel', 'language'), name='notifications_template_published')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('all_merchants', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('due_at', models.DateTimeField()),
                ('fence', models.PositiveIntegerField(default=0)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('crashes', models.PositiveSmallIntegerField(default=0)),
                ('last_error', models.CharField(blank=True, max_length=500)),
                ('token', models.CharField(default=core.encryption.random_id, editable=False, max_length=22)),
                ('kind', models.CharField(choices=[('order_confirmation', 'Order confirmation'), ('thanks', 'Thanks, with the dispatch date'), ('dispatch', 'Parcel sent'), ('cancellation', 'Order cancelled'), ('refund', 'Refund sent'), ('sign_in', 'Sign-in code')], max_length=30)),
                ('channel', models.CharField(choices=[('email', 'E-mail'), ('sms', 'SMS')], max_length=10)),
                ('state', models.CharField(choices=[('pending', 'Waiting to be sent'), ('leased', 'Being prepared'), ('sending', 'Being handed over'), ('sent', 'Accepted by the provider'), ('delivered', 'Delivered'), ('bounced', 'Bounced'), ('unknown', 'Outcome unknown, being looked up'), ('suppressed', 'Withheld'), ('expired', 'Too late to send'), ('cancelled', 'Overtaken by events'), ('failed', 'Refused by the provider'), ('dead', 'Given up')], default='pending', max_length=12)),
                ('dedupe_key', models.CharField(help_text='kind:subject:transition:channel:recipient', max_length=200)),
                ('reason', models.CharField(blank=True, help_text='why it was withheld, expired, cancelled or waits', max_length=60)),
                ('reasons', models.JSONField(default=list, help_text='every condition of the decision and its result')),
                ('subject_id', models.BigIntegerField(help_text='row of another kind it is about: refund or sign-in request', null=True)),
                ('recipient', models.CharField(blank=True, max_length=254)),
                ('language', models.CharField(max_length=10)),
                ('is_mandatory', models.BooleanField(default=True)),
                ('not_after', models.DateTimeField(blank=True, null=True)),
                ('template_label', models.CharField(blank=True, help_text='what it was rendered from', max_length=80)),
                ('provider_id', models.CharField(blank=True, max_length=200)),
                ('segments', models.PositiveSmallIntegerField(default=0)),
                ('is_possible_duplicate', models.BooleanField(default=False)),
                ('decided_at', models.DateTimeField()),
                ('unknown_since', models.DateTimeField(blank=True, null=True)),
                ('lookups', models.PositiveSmallIntegerField(default=0)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('customer', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='messages', to='customers.customer')),
                ('event', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='events.event')),
                ('merchant', models.ForeignKey(default=merchants.scope.current_merchant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
                ('order', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='orders.order')),
                ('shipment', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='messages', to='tracking.shipment')),
                ('account', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='notifications.provideraccount')),
                ('template', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='notifications.templateversion')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'all_merchants',
                'indexes': [models.Index(condition=models.Q(('state__in', ['pending', 'leased'])), fields=['due_at', 'id'], name='notifications_message_due'), models.Index(condition=models.Q(('state__in', ['sending', 'unknown'])), fields=['due_at', 'id'], name='notifications_message_doubt'), models.Index(condition=models.Q(('state__in', ['pending', 'leased', 'sending', 'unknown', 'dead'])), fields=['merchant', 'state'], name='notifications_message_open'), models.Index(fields=['merchant', '-decided_at', '-id'], name='notifications_message_newest'), models.Index(fields=['merchant', 'order', '-decided_at'], name='notifications_message_of_order'), models.Index(fields=['merchant', 'account', 'provider_id'], name='notifications_message_provider')],
                'constraints': [models.UniqueConstraint(fields=('merchant', 'dedupe_key'), name='notifications_message_once'), models.UniqueConstraint(fields=('merchant', 'token'), name='notifications_message_token')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('all_merchants', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='MessageContent',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('subject', models.CharField(blank=True, max_length=300)),
                ('text', models.TextField()),
                ('html', models.TextField(blank=True)),
                ('merchant', models.ForeignKey(default=merchants.scope.current_merchant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
                ('message', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='content', to='notifications.message')),
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
            name='Callback',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('provider_id', models.CharField(max_length=200)),
                ('state', models.CharField(max_length=20)),
                ('detail', models.CharField(blank=True, max_length=300)),
                ('received_at', models.DateTimeField()),
                ('merchant', models.ForeignKey(default=merchants.scope.current_merchant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
                ('message', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='callbacks', to='notifications.message')),
                ('account', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='notifications.provideraccount')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'all_merchants',
                'constraints': [models.UniqueConstraint(fields=('merchant', 'account', 'provider_id', 'state'), name='notifications_callback_once')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('all_merchants', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='SandboxDelivery',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('channel', models.CharField(choices=[('email', 'E-mail'), ('sms', 'SMS')], max_length=10)),
                ('recipient', models.CharField(max_length=254)),
                ('sender', models.CharField(max_length=300)),
                ('subject', models.CharField(blank=True, max_length=300)),
                ('text', models.TextField()),
                ('html', models.TextField(blank=True)),
                ('headers', models.JSONField(default=dict)),
                ('delivered_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('merchant', models.ForeignKey(default=merchants.scope.current_merchant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
                ('message', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='notifications.message')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'all_merchants',
                'constraints': [models.UniqueConstraint(fields=('merchant', 'message'), name='notifications_sandbox_once')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('all_merchants', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='ShortLink',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('code', models.CharField(default=core.encryption.random_id, editable=False, max_length=22)),
                ('path', models.CharField(help_text="path on the merchant's own host", max_length=300)),
                ('merchant', models.ForeignKey(default=merchants.scope.current_merchant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
                ('message', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='links', to='notifications.message')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'all_merchants',
                'constraints': [models.UniqueConstraint(fields=('merchant', 'code'), name='notifications_shortlink_code')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('all_merchants', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Automation',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('order_confirmation', 'Order confirmation'), ('thanks', 'Thanks, with the dispatch date'), ('dispatch', 'Parcel sent'), ('cancellation', 'Order cancelled'), ('refund', 'Refund sent'), ('sign_in', 'Sign-in code')], max_length=30)),
                ('channel', models.CharField(choices=[('email', 'E-mail'), ('sms', 'SMS')], max_length=10)),
                ('is_on', models.BooleanField(default=True)),
                ('merchant', models.ForeignKey(default=merchants.scope.current_merchant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'all_merchants',
                'constraints': [models.UniqueConstraint(fields=('merchant', 'kind', 'channel'), name='notifications_automation_once')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('all_merchants', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('fence', models.PositiveIntegerField()),
                ('started_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('finished_at', models.DateTimeField(null=True)),
                ('outcome', models.CharField(blank=True, max_length=20)),
                ('detail', models.CharField(blank=True, max_length=300)),
                ('merchant', models.ForeignKey(default=merchants.scope.current_merchant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
                ('message', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='tries', to='notifications.message')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'all_merchants',
                'constraints': [models.UniqueConstraint(fields=('merchant', 'message', 'fence'), name='notifications_attempt_once')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('all_merchants', django.db.models.manager.Manager()),
            ],
        ),
    ]
