"""Parts of records that several tests send."""

from __future__ import annotations


def evidence(text: str = "Yes please", at: str = "2026-02-01T09:30:00Z") -> dict[str, str]:
    return {
        "text": text,
        "dateTimeConsented": at,
        "url": "https://shop.example/join",
        "ipAddress": "203.0.113.9",
        "userAgent": "Mozilla/5.0",
    }
