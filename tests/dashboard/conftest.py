import pytest

from merchants.models import Merchant
from tests.admin.world import World, build


@pytest.fixture
def here(acme: Merchant) -> World:
    return build(acme)


@pytest.fixture
def there(borealis: Merchant) -> World:
    """The stranger next door, filled with look-alikes."""
    return build(borealis)
