"""Writes of this room: people and their consent, signing in, sessions."""

from customers.services.people import record_consent, suppress, upsert_customer
from customers.services.sessions import end_all_sessions, end_session, open_session
from customers.services.sign_in import (
    LinkExpired,
    TooManyRequests,
    WrongCode,
    make_link,
    peek_link,
    redeem_code,
    redeem_link,
    request_sign_in,
    sign_in_secrets,
)

__all__ = [
    "LinkExpired",
    "TooManyRequests",
    "WrongCode",
    "end_all_sessions",
    "end_session",
    "make_link",
    "open_session",
    "peek_link",
    "record_consent",
    "redeem_code",
    "redeem_link",
    "request_sign_in",
    "sign_in_secrets",
    "suppress",
    "upsert_customer",
]
