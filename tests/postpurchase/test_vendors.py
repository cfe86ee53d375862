"""Where vendors are called: an operator may name another address, but none that would carry keys unsealed over a network."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from postpurchase.settings.vendors import vendor_address

ALLOWED = [
    ("https://api.twilio.com", False, "https://api.twilio.com"),
    ("https://gateway.example.com:8443/twilio/", False, "https://gateway.example.com:8443/twilio"),
    ("http://127.0.0.1:9000", True, "http://127.0.0.1:9000"),
    ("http://localhost:9000/", True, "http://localhost:9000"),
]
REFUSED = [
    ("http://api.twilio.com", False),
    ("http://api.twilio.com", True),
    ("http://127.0.0.1:9000", False),
    ("http://127.0.0.1.example.com", True),
    ("http://10.0.0.1:9000", True),
    ("ftp://api.twilio.com", False),
    ("api.twilio.com", False),
    ("https://", False),
    ("https://user:password@api.twilio.com", False),
    ("https://api.twilio.com?key=1", False),
    ("https://api.twilio.com#here", False),
    ("https://api.twilio.com:none", False),
    ("http://[::1", True),
    ("", False),
]


@pytest.mark.parametrize(("address", "allows_loopback", "expected"), ALLOWED)
def test_https_is_taken_and_http_only_to_this_machine_where_that_is_allowed(address: str, allows_loopback: bool, expected: str) -> None:
    assert vendor_address("TWILIO_API_URL", address, allows_loopback=allows_loopback) == expected


@pytest.mark.parametrize(("address", "allows_loopback"), REFUSED)
def test_anything_else_keeps_the_product_from_starting(address: str, allows_loopback: bool) -> None:
    with pytest.raises(ImproperlyConfigured, match="TWILIO_API_URL"):
        vendor_address("TWILIO_API_URL", address, allows_loopback=allows_loopback)
