from django.db import migrations, models


class Migration(migrations.Migration):
    """A batch of the sweep is read off the index in its order: without the id all that is due was sorted for every five hundred."""

    dependencies = [
        ("merchants", "0006_audit_is_kept"),
        ("orders", "0010_returns"),
        ("reviews", "0002_isolation"),
        ("tracking", "0006_counted"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="reviewrequest",
            name="reviews_request_check",
        ),
        migrations.RemoveIndex(
            model_name="surveyinvite",
            name="reviews_invite_check",
        ),
        migrations.AddIndex(
            model_name="reviewrequest",
            index=models.Index(
                condition=models.Q(("check_at__isnull", False)), fields=["merchant", "check_at", "id"], name="reviews_request_check"
            ),
        ),
        migrations.AddIndex(
            model_name="surveyinvite",
            index=models.Index(
                condition=models.Q(("check_at__isnull", False)), fields=["merchant", "check_at", "id"], name="reviews_invite_check"
            ),
        ),
    ]
