"""Messages of reviews, surveys and themes."""

from django.db import migrations, models

KINDS = [
    ("order_confirmation", "Order confirmation"),
    ("thanks", "Thanks, with the dispatch date"),
    ("dispatch", "Parcel sent"),
    ("cancellation", "Order cancelled"),
    ("refund", "Refund sent"),
    ("sign_in", "Sign-in code"),
    ("arrived_in_city", "Parcel in the shopper's city"),
    ("out_for_delivery", "Out for delivery"),
    ("attempt_failed", "Delivery failed, what to do"),
    ("ready_for_pickup", "Ready to collect"),
    ("pickup_expiring", "Collect it before it goes back"),
    ("delayed", "Parcel late"),
    ("dispatch_delayed", "Not sent in time, with a choice"),
    ("lost_suspected", "Parcel probably lost"),
    ("delivered", "Delivered"),
    ("choice_received", "Choice noted"),
    ("receipt_denied", "Delivered, not received: being looked into"),
    ("note", "Words of the staff"),
    ("additions", "Items for the same parcel"),
    ("order_code", "Code that opens an order"),
    ("email_code", "Code for a new e-mail address"),
    ("account_notice", "Something changed in the account"),
    ("request_received", "Request received"),
    ("request_decided", "Request answered"),
    ("privacy", "Copy or erasure of personal data"),
    ("return_received", "Return asked for"),
    ("return_approved", "Return approved, how to send it"),
    ("return_question", "Question about a return"),
    ("return_declined", "Return not possible, and why"),
    ("return_reminder", "Hand the return over in time"),
    ("return_handed_over", "Return on its way back"),
    ("return_arrived", "Return arrived"),
    ("return_inspected", "Return checked"),
    ("return_refunded", "Money of a return or claim sent"),
    ("exchange_shipped", "Replacement sent"),
    ("claim_received", "Problem reported"),
    ("claim_question", "Question about a problem"),
    ("claim_decided", "Answer to a problem"),
    ("withdrawal_receipt", "Receipt of a withdrawal"),
    ("withdrawal_unfounded", "Withdrawal without effect, and why"),
    ("review_request", "Question what they think of it"),
    ("review_reminder", "The same question, once more"),
    ("review_published", "Review published, with thanks"),
    ("review_rejected", "Review not published, and why"),
    ("review_answered", "Answer to a review"),
    ("review_thanks", "Coupon as thanks for a review"),
    ("survey", "Survey"),
    ("theme_done", "Something they raised is done"),
]


class Migration(migrations.Migration):
    dependencies = [("notifications", "0008_returns")]
    operations = [
        migrations.AlterField(model_name=name, name="kind", field=models.CharField(choices=KINDS, max_length=30))
        for name in ("automationversion", "dayfigure", "message", "templateversion")
    ]
