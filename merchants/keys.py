"""Seal the merchants' stored secrets by a new key, without any of them being unreadable for a moment."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.apps import apps

from core.encryption import BadSecret, key_of, sealing_key
from core.transactions import forbid_transaction
from merchants.audit import Line, write_platform
from merchants.models import Merchant, MerchantModel, SecretField, seal, unseal
from merchants.scope import merchant_scope
from merchants.types import Deed

BATCH = 200


@dataclass(slots=True)
class Sealed:
    """How many secrets each key seals ("" is the first form, which names none), and which do not open at all."""

    by_key: Counter[str] = field(default_factory=Counter)
    renewed: int = 0
    broken: list[str] = field(default_factory=list)  # merchant, table, row and field

    @property
    def is_over(self) -> bool:
        """Whether every other key may be taken away."""
        return not self.broken and set(self.by_key) <= {sealing_key()}


def secret_fields() -> Iterator[tuple[type[MerchantModel], str]]:
    """Every column that holds a secret."""
    for model in apps.get_models():
        if issubclass(model, MerchantModel):
            yield from ((model, column.name) for column in model._meta.concrete_fields if isinstance(column, SecretField))


def count_secrets() -> Sealed:
    """Which keys seal what, of all merchants; changes nothing, and tries to open each."""
    return _walk(renews=False)


def renew_secrets() -> Sealed:
    """Seal everything by the first key of ENCRYPTION_KEY. May be stopped and begun again; what it cannot open it leaves as it is."""
    found = _walk(renews=True)
    if found.renewed:
        write_platform(Line(Deed.SECRETS_RENEWED, changes={"renewed": found.renewed, "key": sealing_key()}))
    return found


def _walk(*, renews: bool) -> Sealed:
    forbid_transaction("renewing secrets")
    found = Sealed()
    for merchant_id in Merchant.objects.order_by("pk").values_list("pk", flat=True):
        for model, name in secret_fields():
            last = 0
            while ids := _some(merchant_id, model, name, last):
                with merchant_scope(merchant_id):
                    for row in model.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk"):
                        _one(row, name, found, renews=renews)
                last = ids[-1]
    return found


def _some(merchant_id: int, model: type[MerchantModel], name: str, last: int) -> list[int]:
    with merchant_scope(merchant_id):
        return list(model.objects.filter(pk__gt=last).exclude(**{name: ""}).order_by("pk").values_list("pk", flat=True)[:BATCH])


def _one(row: MerchantModel, name: str, found: Sealed, *, renews: bool) -> None:
    value: str = getattr(row, name)
    if not value:
        return
    try:
        plain = unseal(row, name)
    except BadSecret:
        found.broken.append(f"merchant {row.merchant_id}, {row._meta.db_table}, row {row.pk}, {name}")
        return
    if renews and key_of(value) != sealing_key():
        seal(row, name, plain)
        type(row).objects.filter(pk=row.pk).update(**{name: getattr(row, name)})
        found.renewed += 1
    found.by_key[key_of(getattr(row, name))] += 1
