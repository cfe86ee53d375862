"""A copy of everything held about one person: the same records for machines and for reading, in one archive."""

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import render_to_string
from django.utils import translation

from customers.models import Customer
from customers.registry import Record, holdings
from customers.selectors import subject_of
from merchants.selectors import current_merchant

JSON_NAME, HTML_NAME = "data.json", "index.html"


@dataclass(frozen=True, slots=True)
class Section:
    """One holding as the export tells it."""

    key: str
    title: str
    purpose: str
    basis: str
    kept: str
    records: Sequence[Record]


def build_export(*, customer: Customer, at: datetime) -> tuple[bytes, int]:
    """The archive, and how many records it holds. In the customer's language."""
    merchant = current_merchant()
    with translation.override(customer.language or merchant.language):
        sections = _sections(customer)
        page = render_to_string("privacy/export.html", {"sections": _readable(sections), "merchant": merchant, "made_at": at})
    about = {"shop": merchant.name, "made_at": at, "holdings": [_plain(section) for section in sections]}
    text = json.dumps(about, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in ((JSON_NAME, text), (HTML_NAME, page)):
            # A moment in the archive itself would make two copies of the same data differ.
            archive.writestr(zipfile.ZipInfo(name), content.encode(errors="replace"), zipfile.ZIP_DEFLATED)
    return file.getvalue(), sum(len(section.records) for section in sections)


def _sections(customer: Customer) -> list[Section]:
    subject = subject_of(customer)
    return [
        Section(one.key, str(one.title), str(one.purpose), str(one.basis), str(one.kept), list(one.collect(subject))) for one in holdings()
    ]


def _plain(section: Section) -> dict[str, Any]:
    words = {name: getattr(section, name) for name in ("key", "title", "purpose", "basis", "kept")}
    return {**words, "records": section.records}


def _readable(sections: Sequence[Section]) -> list[dict[str, Any]]:
    return [{**_plain(section), "records": [_rows(record) for record in section.records]} for section in sections]


def _rows(record: Record) -> list[tuple[str, Any, bool]]:
    """(name, value or rows of parts, whether it has parts), without what is empty."""
    rows: list[tuple[str, Any, bool]] = []
    for name, value in record.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            rows.append((_name(name), [_rows(part) for part in value], True))
        elif isinstance(value, dict):
            rows += [(f"{_name(name)}: {_name(key)}", part, False) for key, part in value.items() if part not in ("", None)]
        elif value not in ("", None, []):
            rows.append((_name(name), value, False))
    return rows


def _name(column: str) -> str:
    return column.replace("_", " ")
