"""A mail server of the merchant's choice: its name is resolved once, each number judged, and the connection goes to that very number."""

import ipaddress
import smtplib
import socket
from typing import Any

from django.conf import settings
from django.core.mail.backends.smtp import EmailBackend

from core import http

ADDRESSES_TRIED = 3


class Inner(OSError):
    """The name leads into a network of ours, or nowhere on the internet."""


def addresses_of(host: str) -> list[str]:
    """The numbers of a host, all public. Raises Inner for one that is not, OSError for a name nobody knows.

    `SMTP_PRIVATE_HOSTS` names mail servers of the operator's own that merchants may use all the same.
    """
    found = [str(row[4][0]) for row in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
    is_ours = host in getattr(settings, "SMTP_PRIVATE_HOSTS", ())
    if not is_ours and not all(http.is_public(ipaddress.ip_address(one.partition("%")[0])) for one in found):
        raise Inner(f"{host} does not lead to the public internet")
    return list(dict.fromkeys(found))


def is_public(host: str) -> bool:
    """False when any address of the host lies inside a network of ours. A name that does not resolve is left to the connection."""
    try:
        addresses_of(host)
    except Inner:
        return False
    except OSError:
        return True
    return True


class CheckedSMTP(smtplib.SMTP):
    """Connects to the numbers that were judged: a name that leads elsewhere a moment later changes nothing."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        failed: OSError = OSError(f"{host} has no address")
        for address in addresses_of(host)[:ADDRESSES_TRIED]:
            try:
                return socket.create_connection((address, port), timeout)
            except OSError as error:
                failed = error
        raise failed


class CheckedTLS(smtplib.SMTP_SSL, CheckedSMTP):
    """The same with TLS from the first byte; the certificate must be the name's."""


class Server(EmailBackend):
    """Django's backend over a checked connection."""

    @property
    def connection_class(self) -> Any:
        return CheckedTLS if self.use_ssl else CheckedSMTP
