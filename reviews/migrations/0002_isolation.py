from django.db import migrations

from merchants.isolation import isolate

ORDER, LINE, PARCEL = "orders_order", "orders_orderline", "tracking_shipment"
CUSTOMER, PRODUCT = "customers_customer", "catalog_product"
REVIEW, SURVEY, ANSWER = "reviews_review", "reviews_survey", "reviews_surveyanswer"


class Migration(migrations.Migration):
    dependencies = [("reviews", "0001_initial")]
    operations = [
        isolate("reviews_reviewplan"),
        isolate("reviews_reviewrule"),
        isolate("reviews_reviewrequest", order=ORDER, shipment=PARCEL),
        isolate("reviews_reviewimport"),
        isolate(
            "reviews_review",
            order=ORDER,
            order_line=LINE,
            request="reviews_reviewrequest",
            customer=CUSTOMER,
            product=PRODUCT,
            batch="reviews_reviewimport",
        ),
        isolate("reviews_reviewphoto", order=ORDER, order_line=LINE, review=REVIEW),
        isolate("reviews_reviewreply", review=REVIEW),
        isolate("reviews_reviewnote", review=REVIEW),
        isolate("reviews_reviewvote", review=REVIEW, customer=CUSTOMER),
        isolate("reviews_reviewchange", review=REVIEW),
        isolate("reviews_rating", review=REVIEW),
        isolate("reviews_ratingchange", review=REVIEW),
        isolate("reviews_parcelrating", shipment=PARCEL, order=ORDER),
        isolate("reviews_reviewdraft", request="reviews_reviewrequest", order_line=LINE),
        isolate("reviews_productscore"),
        isolate("reviews_fairnesscell"),
        isolate(SURVEY),
        isolate("reviews_surveyinvite", survey=SURVEY, order=ORDER, shipment=PARCEL),
        isolate(ANSWER, survey=SURVEY, invite="reviews_surveyinvite", order=ORDER, customer=CUSTOMER),
        isolate("reviews_surveyscore", answer=ANSWER),
        isolate("reviews_feedbacktask", review=REVIEW, answer=ANSWER, shipment=PARCEL, order=ORDER),
        isolate("reviews_theme"),
        isolate("reviews_voice", order=ORDER, customer=CUSTOMER, product=PRODUCT),
        isolate("reviews_thememark", theme="reviews_theme", voice="reviews_voice"),
    ]
