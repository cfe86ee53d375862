"""Writes of this room: people and their consent, signing in, sessions."""

from customers.services.consent import (
    Said,
    lift_suppression,
    preference_token,
    record_consent,
    save_preferences,
    set_contact_rule,
    stop_texts,
    suppress,
    unsubscribe_token,
    withdraw_everything,
)
from customers.services.people import upsert_customer
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
    "Said",
    "TooManyRequests",
    "WrongCode",
    "end_all_sessions",
    "end_session",
    "lift_suppression",
    "make_link",
    "open_session",
    "peek_link",
    "preference_token",
    "record_consent",
    "redeem_code",
    "redeem_link",
    "request_sign_in",
    "save_preferences",
    "set_contact_rule",
    "sign_in_secrets",
    "stop_texts",
    "suppress",
    "unsubscribe_token",
    "upsert_customer",
    "withdraw_everything",
]
