"""What the reference shows of products."""

from typing import Any

ANSWER: dict[str, Any] = {
    "external_id": "P-11",
    "title": "Linen shirt",
    "variant_title": "M",
    "sku": "SHIRT-M",
    "description": "A light shirt of washed linen.",
    "image_url": "https://shop.example/shirt.jpg",
    "page_url": "https://shop.example/linen-shirt",
    "price": "49.00",
    "currency": "EUR",
    "stock": 12,
    "category": "Shirts",
    "tags": ["linen", "summer"],
    "variants": [
        {"external_id": "V-11-M", "title": "M", "options": {"Size": "M"}, "sku": "SHIRT-M", "price": "49.00", "stock": 12},
        {"external_id": "V-11-L", "title": "L", "options": {"Size": "L"}, "sku": "SHIRT-L", "price": "49.00", "stock": 0},
    ],
    "related": [],
    "specs": {"Material": "100 % linen", "Origin": "Portugal"},
    "guide": "Wash at 30 °C. Iron while damp.",
    "steps": [{"title": "Iron while damp", "text": "Linen softens with steam.", "image_url": "", "alt": ""}],
    "pictures": [{"url": "https://shop.example/shirt.jpg", "alt": "The shirt on a hanger", "variant": ""}],
    "manuals": [{"title": "Care booklet", "url": "https://shop.example/care.pdf", "language": "en", "size": 240000}],
    "care": "Softens with every wash.",
    "care_symbols": ["wash_30", "tumble_not", "iron_medium"],
    "video_url": "https://video.example/linen",
    "video_title": "How to iron linen",
    "warranty_months": 24,
    "warranty_text": "Covers seams and buttons.",
    "size_table": {
        "name": "Shirts",
        "columns": [{"name": "Size", "unit": ""}, {"name": "Chest", "unit": "cm"}],
        "rows": [["M", "96-101"], ["L", "102-107"]],
        "note": "Measured over the body, not over the shirt.",
    },
    "spare_parts": [],
    "kept": [],
    "updated_at": "2026-11-20T09:00:00Z",
}
EXAMPLE: dict[str, Any] = {name: value for name, value in ANSWER.items() if name != "kept"}
BELT: dict[str, Any] = {
    **{"external_id": "P-12", "title": "Leather belt", "image_url": "https://shop.example/belt.jpg"},
    **{"page_url": "https://shop.example/leather-belt", "price": "29.90", "currency": "EUR", "stock": 3, "category": "Belts"},
    "related": ["P-11"],
}
