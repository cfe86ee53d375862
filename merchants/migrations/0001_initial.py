# The tables; the walls round them follow in the isolation migration.

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.manager
import merchants.scope
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Merchant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.CharField(max_length=40, unique=True, validators=[django.core.validators.RegexValidator('\\A[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?\\Z', 'small letters, digits and hyphens, beginning with a letter')])),
                ('name', models.CharField(max_length=80)),
                ('language', models.CharField(choices=[('en', 'English'), ('de', 'Deutsch'), ('zh-hans', '简体中文'), ('id', 'Bahasa Indonesia')], default='en', max_length=10)),
                ('country', models.CharField(default='US', help_text='ISO 3166 code; holidays and telephone numbers follow it', max_length=2)),
                ('currency', models.CharField(default='USD', max_length=3)),
                ('timezone', models.CharField(default='UTC', max_length=64)),
                ('is_active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('email', models.EmailField(max_length=254, unique=True)),
                ('name', models.CharField(blank=True, max_length=80)),
                ('is_staff', models.BooleanField(default=True)),
                ('is_active', models.BooleanField(default=True)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('role', models.CharField(choices=[('owner', 'Owner'), ('editor', 'Editor'), ('support', 'Support'), ('viewer', 'Viewer')], max_length=10)),
                ('created_at', models.DateTimeField()),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                ('merchant', models.ForeignKey(default=merchants.scope.current_merchant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'all_merchants',
                'constraints': [models.UniqueConstraint(fields=('merchant', 'user'), name='merchants_membership_once')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('all_merchants', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='IdempotencyKey',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=200)),
                ('endpoint', models.CharField(max_length=120)),
                ('request_hash', models.CharField(max_length=64)),
                ('status', models.PositiveSmallIntegerField(default=0)),
                ('body', models.JSONField(null=True)),
                ('created_at', models.DateTimeField()),
                ('merchant', models.ForeignKey(default=merchants.scope.current_merchant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'all_merchants',
                'constraints': [models.UniqueConstraint(fields=('merchant', 'endpoint', 'key'), name='merchants_idempotency_once')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('all_merchants', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Domain',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('host', models.CharField(help_text='without port, small letters', max_length=253)),
                ('is_primary', models.BooleanField(default=False, help_text='links in messages use it')),
                ('verified_at', models.DateTimeField(blank=True, null=True)),
                ('merchant', models.ForeignKey(default=merchants.scope.current_merchant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'all_merchants',
                'constraints': [models.UniqueConstraint(fields=('host',), name='merchants_domain_host'), models.UniqueConstraint(condition=models.Q(('is_primary', True)), fields=('merchant',), name='merchants_domain_primary')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('all_merchants', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Branding',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('color', models.CharField(default='#2f2a26', max_length=40)),
                ('neutral_hue', models.PositiveSmallIntegerField(default=75, validators=[django.core.validators.MaxValueValidator(360)])),
                ('font', models.CharField(choices=[('sans', 'Sans'), ('serif', 'Serif'), ('grotesque', 'Grotesque')], default='sans', max_length=10)),
                ('display_weight', models.PositiveSmallIntegerField(default=600, validators=[django.core.validators.MinValueValidator(400), django.core.validators.MaxValueValidator(800)])),
                ('radius', models.PositiveSmallIntegerField(default=6, validators=[django.core.validators.MaxValueValidator(14)])),
                ('email_colors', models.JSONField(default=dict, editable=False, help_text='derived as hex when saved: mail clients know no oklch()')),
                ('logo_url', models.URLField(blank=True, max_length=500)),
                ('email_from_name', models.CharField(blank=True, max_length=64)),
                ('email_from', models.EmailField(blank=True, max_length=254)),
                ('reply_to', models.EmailField(blank=True, max_length=254)),
                ('sms_sender', models.CharField(blank=True, max_length=11, validators=[django.core.validators.RegexValidator('\\A(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}\\Z')])),
                ('support_email', models.EmailField(blank=True, max_length=254)),
                ('support_phone', models.CharField(blank=True, max_length=32)),
                ('support_hours', models.CharField(blank=True, max_length=120)),
                ('support_team', models.CharField(blank=True, help_text='names of the people who answer', max_length=120)),
                ('postal_address', models.CharField(blank=True, max_length=300)),
                ('shop_url', models.URLField(blank=True, max_length=300)),
                ('privacy_url', models.URLField(blank=True, max_length=300)),
                ('imprint_url', models.URLField(blank=True, max_length=300)),
                ('merchant', models.ForeignKey(default=merchants.scope.current_merchant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
            ],
            options={
                'verbose_name_plural': 'branding',
                'abstract': False,
                'base_manager_name': 'all_merchants',
                'constraints': [models.UniqueConstraint(fields=('merchant',), name='merchants_branding_one')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('all_merchants', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=80)),
                ('prefix', models.CharField(max_length=12)),
                ('fingerprint', models.CharField(max_length=64)),
                ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), size=None)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('merchant', models.ForeignKey(default=merchants.scope.current_merchant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'all_merchants',
                'constraints': [models.UniqueConstraint(fields=('fingerprint',), name='merchants_apikey_fingerprint')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('all_merchants', django.db.models.manager.Manager()),
            ],
        ),
    ]
