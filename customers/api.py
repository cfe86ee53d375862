"""REST operations on customers."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import invalid
from core.fields import Email, Flag, Identifier, LanguageTag, Moment, Phone, StrictSerializer, Text, many
from customers.models import Consent, Customer
from customers.selectors import customer_by_email
from customers.services import record_consent, upsert_customer
from customers.types import CHOOSABLE, Channel, Topic
from merchants.api import MerchantAPIView, PageQuery
from merchants.schema import operation, page_of
from merchants.selectors import current_merchant
from merchants.types import Scope

TAG = "Customers"


class PersonInput(StrictSerializer):
    """A shopper as the shop knows them."""

    email = Email(required=False, default="", allow_blank=True, max_length=254)
    phone = Phone(required=False, default="", allow_blank=True, max_length=40, help_text="E.164, or national for the order's country.")
    first_name = Text(required=False, default="", allow_blank=True, max_length=80)
    last_name = Text(required=False, default="", allow_blank=True, max_length=80)
    language = LanguageTag(required=False, default="", allow_blank=True, max_length=35, help_text="BCP 47, like `de` or `pt-BR`.")
    external_id = Identifier(required=False, default="", allow_blank=True, max_length=100, help_text="The shop's own id.")


class ConsentInput(StrictSerializer):
    """What the shopper said about one topic on one channel."""

    topic = serializers.ChoiceField(
        choices=[(topic.value, topic.label) for topic in CHOOSABLE],
        default=Topic.OFFERS,
        help_text="What it is about; `offers` when left out.",
    )
    channel = serializers.ChoiceField(choices=Channel.choices)
    is_granted = Flag()
    source = Text(max_length=80, help_text="Where it was said, like `checkout`.")  # type: ignore[assignment]  # taken off the class
    wording = Text(required=False, default="", allow_blank=True, max_length=300, help_text="The sentence they agreed to.")
    at = Moment(required=False, help_text="When they said it; now when left out. What they said since stays as it is.")


class CustomerInput(PersonInput):
    """A customer to make or bring up to date; the e-mail address tells which."""

    email = Email(max_length=254)
    consents = many(ConsentInput, most=20)


class ConsentShape(serializers.ModelSerializer[Consent]):
    """A statement about one topic on one channel."""

    at = Moment()

    class Meta:
        model = Consent
        fields = ["topic", "channel", "is_granted", "source", "actor", "wording", "at"]


class CustomerShape(serializers.ModelSerializer[Customer]):
    """A customer."""

    id = serializers.CharField(source="public_id")
    created_at = Moment()

    class Meta:
        model = Customer
        fields = ["id", "external_id", "email", "phone", "first_name", "last_name", "language", "created_at"]


class CustomerDetail(CustomerShape):
    """A customer with what they said about messages, newest first."""

    consents = serializers.SerializerMethodField()

    class Meta(CustomerShape.Meta):
        fields = [*CustomerShape.Meta.fields, "consents"]

    @extend_schema_field(ConsentShape(many=True))
    def get_consents(self, customer: Customer) -> list[dict[str, Any]]:
        return list(ConsentShape(customer.consents.order_by("-at", "-id")[:100], many=True).data)


class CustomersQuery(PageQuery):
    """Filters of the list."""

    email = Email(required=False, default="")


EXAMPLE = {
    "email": "lena.vogt@posteo.example",
    "phone": "0151 23456789",
    "first_name": "Lena",
    "last_name": "Vogt",
    "language": "de",
    "external_id": "C-2087",
    "consents": [
        {"topic": "offers", "channel": "email", "is_granted": True, "source": "checkout", "wording": "Send me news about new styles."}
    ],
}
ANSWER = {
    "id": "p3bLh0qTzYxj0n5m0bJr2Q",
    "external_id": "C-2087",
    "email": "lena.vogt@posteo.example",
    "phone": "+4915123456789",
    "first_name": "Lena",
    "last_name": "Vogt",
    "language": "de",
    "created_at": "2026-11-20T10:00:00Z",
}
DETAIL = {
    **ANSWER,
    "consents": [
        {
            "topic": "offers",
            "channel": "email",
            "is_granted": True,
            "source": "checkout",
            "actor": "API key 3",
            "wording": "Send me news about new styles.",
            "at": "2026-11-20T10:00:00Z",
        }
    ],
}


class CustomersView(MerchantAPIView):
    """All customers."""

    scopes = {"GET": Scope.CUSTOMERS_READ, "POST": Scope.CUSTOMERS_WRITE}
    query = {"GET": CustomersQuery}

    @operation(
        id="customers_list",
        summary="List customers",
        tag=TAG,
        query=CustomersQuery,
        answers={200: page_of(CustomerShape)},
        answer={"results": [ANSWER], "next_cursor": None},
    )
    def get(self, request: Request) -> Response:
        rows = Customer.objects.filter(erased_at=None)
        if email := self.filters["email"]:
            known = customer_by_email(email=email)
            rows = rows.filter(pk=known.pk if known else None)
        return self.page(rows, CustomerShape, name="customers")

    @operation(
        id="customers_save",
        summary="Make a customer, or bring one up to date",
        description="The e-mail address tells which. What is left out or empty changes nothing.",
        tag=TAG,
        request=CustomerInput,
        answers={200: CustomerDetail, 201: CustomerDetail},
        examples=(("customer", EXAMPLE),),
        answer=DETAIL,
        is_post=True,
    )
    def post(self, request: Request) -> Response:
        data = self.parse(CustomerInput, country=current_merchant().country)
        consents = data.pop("consents")
        is_known = customer_by_email(email=data["email"]) is not None
        customer = upsert_customer(**data, at=self.at)
        if customer is None:
            raise invalid("email", "Must be one e-mail address.")
        for consent in consents:
            at = min(consent.pop("at", self.at), self.at)
            record_consent(customer=customer, **consent, actor=f"API key {self.key.id}", at=at)
        return Response(CustomerDetail(customer).data, 200 if is_known else 201)


class CustomerView(MerchantAPIView):
    """One customer."""

    scopes = {"GET": Scope.CUSTOMERS_READ}

    @operation(id="customers_get", summary="Read a customer", tag=TAG, answers={200: CustomerDetail}, answer=DETAIL, errors=(404,))
    def get(self, request: Request, public_id: str) -> Response:
        customer = Customer.objects.filter(public_id=public_id, erased_at=None).first()
        if customer is None:
            raise Http404
        return Response(CustomerDetail(customer).data)
