from django.db import migrations

from merchants.isolation import grant_to_relay, isolate


class Migration(migrations.Migration):
    dependencies = [("merchants", "0001_initial")]
    operations = [
        isolate("merchants_domain"),
        isolate("merchants_branding"),
        isolate("merchants_membership"),
        isolate("merchants_apikey"),
        isolate("merchants_idempotencykey"),
        grant_to_relay("merchants_domain", "select", "id, merchant_id, host"),
        grant_to_relay("merchants_apikey", "select", "id, merchant_id, fingerprint, scopes, expires_at, revoked_at"),
        grant_to_relay("merchants_membership", "select", "id, merchant_id, user_id, role"),
    ]
