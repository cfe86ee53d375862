"""The provider stub: one HTTP server that is Twilio, Postmark, EasyPost, merchants' shops and their own programs at once.

    python -m tests.chaos.providerd --journal FILE --port N

What it does with each call stands in the journal, on the disk, before the caller hears anything. Faults are told over `/control/`
(see `providerd_script` for the words). The same port speaks plain HTTP and TLS; the authority behind the certificate lies beside the
journal as `<journal>.ca.pem`, for callers that only speak https.
"""

import argparse
import json
import select
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.chaos import providerd_vendors as vendors
from tests.chaos.providerd_callbacks import Caller, Due
from tests.chaos.providerd_held import Known, Store
from tests.chaos.providerd_journal import Journal
from tests.chaos.providerd_script import EFFECT, BadScript, Rule, Script
from tests.chaos.providerd_tls import server_context
from tests.chaos.providerd_vendors import Asked, Deed, Reply

SILENCE = 40.0  # seconds a call is left hanging, unless its caller goes first: longer than any patience of ours
HANDSHAKE = 0x16
FLOOD = b"x" * 65536


class Providerd(ThreadingHTTPServer):
    """The stub in one process: start with `serve_forever` in a thread, end with `stop`."""

    daemon_threads = True
    request_queue_size = 256
    allow_reuse_address = True

    def __init__(self, journal: Path, port: int = 0, via: str = "") -> None:
        self.journal, self.store, self.script = Journal(journal), Store(), Script()
        self._tls = server_context(journal.with_suffix(".ca.pem"))
        self.caller = Caller(self.store.account, self._called, via)
        super().__init__(("127.0.0.1", port), Handler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        self.caller.close()
        self.journal.close()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In the connection's own thread: a caller that begins with a TLS handshake gets one."""
        first = request.recv(1, socket.MSG_PEEK)
        if not first or first[0] != HANDSHAKE:
            super().finish_request(request, client_address)
            return
        with self._tls.wrap_socket(request, server_side=True) as sealed:
            super().finish_request(sealed, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that went away is what this is for."""

    def _called(self, due: Due, status: int) -> None:
        held = due.held
        self.journal.append(
            what="callback",
            vendor=held.vendor,
            key=held.key,
            to=held.to,
            account=held.account,
            id=held.id,
            decision=due.state,
            status=status,
        )

    def control(self, name: str, told: Any) -> Reply:
        """What the harness says. Raises BadScript, KeyError and TypeError for what it should not have."""
        if name == "reset":
            self.script = Script()
            self.store.forget()
        elif name == "script":
            self.script = Script.read(told)
        elif name == "accounts":
            self.store.know([Known(**{key: value for key, value in one.items() if key in Known.__slots__}) for one in told])
        elif name == "parcels":
            self.store.parcels |= told
        elif name == "quiet":
            return Reply(200, {"quiet": self.caller.is_quiet()})
        elif name != "health":
            return Reply(404, {})
        return Reply(200, {})


class Handler(BaseHTTPRequestHandler):
    """One connection: reads a call, has it decided, journals, answers well or badly."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60
    server: Providerd

    def log_message(self, format: str, *args: Any) -> None:
        """The journal says it all."""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = Asked.of(self.command, self.path, dict(self.headers.items()), body)
        if asked.path.startswith("/control/"):
            self._control(asked)
            return
        script = self.server.script
        try:
            deed = vendors.read(asked, self.server.store, lag=script.lag)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self._say(Reply(400, {"message": f"not understood: {error}"}))
            return
        if deed is None:
            self._say(Reply(404, {"message": "no such address"}))
            return
        self._play(deed, script)

    def _control(self, asked: Asked) -> None:
        try:
            self._say(self.server.control(asked.path.removeprefix("/control/"), asked.json))
        except (BadScript, KeyError, TypeError, ValueError) as error:
            self._say(Reply(400, {"error": str(error)}))

    def _play(self, deed: Deed, script: Script) -> None:
        if not self._is_known(deed):
            self._note(deed, "401", has_effect=False)
            self._say(deed.stranger)
            return
        rule = script.decide(deed.call)
        has_effect = EFFECT[rule.decision]
        if deed.message is not None and has_effect:
            self.server.store.take(deed.message)
        reply = deed.act() if has_effect else Reply(500, {})
        self._note(deed, rule.decision, has_effect=has_effect)
        if deed.message is not None and has_effect:
            code = rule.decision if rule.decision == "30001" else ""
            self.server.caller.plan(deed.message, script.callbacks, seed=script.seed, code=code)
        Answering(self, deed, rule, reply).answer()

    def _is_known(self, deed: Deed) -> bool:
        if deed.secret is None:
            return True
        known = self.server.store.account(deed.call.vendor, deed.call.account)
        return known is not None and (deed.call.vendor != "twilio" or known.secret in ("", deed.secret))

    def _note(self, deed: Deed, decision: str, *, has_effect: bool) -> None:
        call, message = deed.call, deed.message
        about: dict[str, Any] = {"what": call.what, "vendor": call.vendor, "account": call.account, "to": call.to, "key": call.key}
        if message is not None:
            about |= {"sender": message.sender, "id": message.id, "body_hash": vendors.fingerprint(message.text), "accepted": has_effect}
        self.server.journal.append(**about, decision=decision, done=has_effect, **({"told": deed.told} if deed.told else {}))

    def _say(self, reply: Reply) -> None:
        self.say(reply.status, json.dumps(reply.content).encode(), reply.headers)

    def say(self, status: int, body: bytes, headers: Any, *, kind: str = "application/json") -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


class Answering:
    """How one decided call is answered."""

    def __init__(self, handler: Handler, deed: Deed, rule: Rule, reply: Reply) -> None:
        self.handler, self.deed, self.rule, self.reply = handler, deed, rule, reply

    def answer(self) -> None:
        name = {"429": "later", "5xx": "broken", "5xx_after_accept": "broken", "21610": "refuse", "21211": "refuse", "401": "stranger"}
        getattr(self, f"_{name.get(self.rule.decision, self.rule.decision)}", self._ok)()

    def _ok(self) -> None:
        self.handler._say(self.reply)

    def _stranger(self) -> None:
        self.handler._say(self.deed.stranger)

    def _ok_then_drop(self) -> None:
        """The line is reset: the caller reads an error, not an end."""
        self.handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self._hang_up()

    def _timeout_before(self) -> None:
        self._be_silent(SILENCE)
        self._hang_up()

    _timeout_after = _timeout_before

    def _slow(self) -> None:
        if not self._be_silent(self.rule.wait):
            self._ok()

    def _later(self) -> None:
        wait = {} if self.rule.retry_after is None else {"Retry-After": str(self.rule.retry_after)}
        self._fail(429, 20429, "Too Many Requests", wait)

    def _broken(self) -> None:
        wait = {} if self.rule.retry_after is None else {"Retry-After": str(self.rule.retry_after)}
        self._fail(self.rule.status, 20500, "Internal Server Error", wait)

    def _refuse(self) -> None:
        code = self.rule.decision
        if self.deed.call.vendor == "postmark":
            error, text = vendors.POSTMARK_REFUSAL[code]
            self.handler._say(Reply(422, {"ErrorCode": error, "Message": text.format(to=self.deed.call.to)}))
        else:
            self._fail(400, int(code), vendors.TWILIO_REFUSAL[code], {})

    def _fail(self, status: int, code: int, text: str, headers: dict[str, str]) -> None:
        content = {"code": code, "message": text, "status": status, "ErrorCode": 100, "Message": text}
        self.handler._say(Reply(status, content, headers))

    def _garbage(self) -> None:
        self.handler.say(200, b"<html><body>It works!</body></html>\xff\xfe", {}, kind="text/html")

    def _half_response(self) -> None:
        body = json.dumps(self.reply.content).encode()
        head = f"HTTP/1.1 {self.reply.status} OK\r\nContent-Type: application/json\r\nContent-Length: {len(body) + 200}\r\n\r\n"
        self.handler.wfile.write(head.encode() + body[: len(body) // 2])
        self._hang_up()

    def _gone(self) -> None:
        self.handler._say(Reply(410, {}))

    def _taken(self) -> None:
        self.handler._say(Reply(202, {}))

    def _redirect(self) -> None:
        where = f"http://127.0.0.1:{self.handler.server.port}/canary/{self.deed.call.account}"
        self.handler._say(Reply(302, {}, {"Location": where}))

    def _drip(self) -> None:
        """A byte now and then, for ever: no read of the caller's times out."""
        body = json.dumps(self.reply.content).encode() + b" " * 100_000
        self.handler.wfile.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        self._pour(body[n : n + 1] for n in range(int(SILENCE / 0.2)))

    def _flood(self) -> None:
        """Five gigabytes, as far as the caller takes them."""
        size = 5 * 1024**3
        self.handler.wfile.write(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode())
        self._pour((FLOOD for _ in range(size // len(FLOOD))), gap=0)

    def _pour(self, pieces: Any, gap: float = 0.2) -> None:
        began, sent = time.monotonic(), 0
        try:
            for piece in pieces:
                self.handler.wfile.write(piece)
                sent += len(piece)
                if gap and self._be_silent(gap):
                    break
        except OSError:
            pass
        lasted = round(time.monotonic() - began, 2)
        call = self.deed.call
        self.handler.server.journal.append(
            what="poured", vendor=call.vendor, account=call.account, key=call.key, decision=self.rule.decision, bytes=sent, lasted=lasted
        )
        self._hang_up()

    def _be_silent(self, seconds: float) -> bool:
        """Wait; True when the caller went away meanwhile."""
        ready, _, _ = select.select([self.handler.connection], [], [], seconds)
        return bool(ready)

    def _hang_up(self) -> None:
        self.handler.close_connection = True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--via", default="", help="host:port that callbacks are brought to, whatever host they name")
    options = parser.parse_args()
    served = Providerd(options.journal, options.port, options.via)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=served.shutdown, daemon=True).start())
    sys.stdout.write(f"providerd on {served.port}\n")
    sys.stdout.flush()
    with suppress(KeyboardInterrupt):
        served.serve_forever()
    served.server_close()
    served.caller.close()
    served.journal.close()


if __name__ == "__main__":
    main()
