"""The edge: hosts lead to merchants, unknown hosts nowhere, and a view that raises leaves nothing behind."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from customers.models import Customer
from merchants.middleware import ScopeMiddleware
from merchants.models import Merchant, User
from merchants.scope import current_merchant_id, merchant_scope
from merchants.services import add_staff
from merchants.types import Role
from tests.conftest import NOW


@pytest.mark.parametrize("host", ["evil.example", "nobody.platform.test", "acme.platform.test.evil.example", "127.0.0.1", "[::1]"])
def test_a_host_that_is_nobodys_answers_404(acme: Merchant, host: str) -> None:
    response = Client().get("/", HTTP_HOST=host)
    assert (response.status_code, response.content) == (404, b"There is no shop at this address.")


def test_a_merchants_host_has_no_staff_pages_and_the_platform_no_portal(acme: Merchant) -> None:
    assert Client().get("/admin/login/", HTTP_HOST="acme.platform.test").status_code == 404
    assert Client().get("/sign-in/", HTTP_HOST="platform.test").status_code == 404


def request_for(merchant: Merchant | None, path: str = "/") -> HttpRequest:
    request = RequestFactory().get(path)
    request.merchant = merchant  # type: ignore[attr-defined]
    return request


def add_customer() -> None:
    Customer.objects.create(email="sam@example.com", email_normalised="sam@example.com", created_at=NOW)


def test_the_scope_lies_round_the_view_and_ends_with_it(acme: Merchant) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        add_customer()
        return HttpResponse(str(current_merchant_id()))

    response = ScopeMiddleware(view)(request_for(acme))
    assert response.content == str(acme.pk).encode()
    assert current_merchant_id() is None
    with merchant_scope(acme.pk):
        assert Customer.objects.count() == 1


def test_a_view_that_raises_leaves_nothing_half_written(acme: Merchant) -> None:
    middleware: ScopeMiddleware

    def view(request: HttpRequest) -> HttpResponse:
        add_customer()
        middleware.process_exception(request, ValueError())  # as Django calls it before it makes a 500 of it
        return HttpResponse(status=400)

    middleware = ScopeMiddleware(view)
    middleware(request_for(acme))
    with merchant_scope(acme.pk):
        assert Customer.objects.count() == 0


def test_staff_see_the_merchant_they_chose_only_where_they_work(acme: Merchant, borealis: Merchant) -> None:
    anna = User.objects.create_user("anna@acme.example", "x" * 12)
    with merchant_scope(acme.pk):
        add_staff(user=anna, role=Role.VIEWER, at=NOW)

    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(f"{current_merchant_id()} {request.role}")  # type: ignore[attr-defined]

    for chosen in (None, acme.pk, borealis.pk, "nonsense"):
        request = request_for(None, "/ops/")
        request.user, request.session = anna, {"merchant": chosen}  # type: ignore[assignment]
        assert ScopeMiddleware(view)(request).content == f"{acme.pk} viewer".encode()
