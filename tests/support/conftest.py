import pytest

from support.types import Shop


@pytest.fixture
def shop() -> Shop:
    return Shop("Acme", "de", "care@acme.example", "")
