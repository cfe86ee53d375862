import secrets
import signal
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from core.clock import now
from customers.models import Customer
from customers.services import make_link
from demo.seed import ensure_world
from demo.server import DemoServer
from demo.world import SHOPS
from events.services import run_until_quiet
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.selectors import base_url, platform_url


class Command(BaseCommand):
    help = "Serve two believable merchants from this one process, and let their shops go on taking orders."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        # The embedded Postgres is stopped by an exit handler, which SIGTERM alone would skip.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        self.stdout.write("Preparing the database ...")
        call_command("migrate", database="owner", verbosity=0, interactive=False)
        connections["owner"].close()
        password = kept_password(settings.DATA_FOLDER / "demo-password")
        self.stdout.write("Opening two shops and playing through their last ninety days ...")
        merchants = ensure_world(now(), password)
        run_until_quiet(now)
        text = self.directory(merchants, password)
        connections.close_all()
        DemoServer(host=options["host"], port=options["port"], platform_host=settings.PLATFORM_HOST, ready=lambda: self.say(text)).run()

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def directory(self, merchants: list[Merchant], password: str) -> str:
        """Every address and sign-in of the demo."""
        lines = ["", "Everything is running. Stop it with Ctrl-C.", ""]
        for shop, merchant in zip(SHOPS, merchants, strict=True):
            lines += [f"{shop.name}", *self._of_merchant(merchant, shop.shoppers[0].email), ""]
        lines += [
            "Staff",
            f"  admin            {platform_url()}/admin/",
            f"  ops              {platform_url()}/ops/",
            f"  API              {platform_url()}/api/v1/docs/",
            *(
                f"  {role:<17}{email}"
                for shop in SHOPS
                for role, email in ((f"{shop.name} owner", shop.owner[0]), (f"{shop.name} support", shop.agent[0]))
            ),
            "  platform         ops@platform.example",
            f"  password of all  {password}",
            "",
            "A new order comes in every minute or so; its messages land in the sandbox mailbox under /ops/.",
        ]
        return "\n".join(lines)

    @staticmethod
    def _of_merchant(merchant: Merchant, email: str) -> list[str]:
        with merchant_scope(merchant.pk):
            token = make_link(customer=Customer.objects.get(email_normalised=email), at=now())
            url = base_url()
        return [f"  My Account       {url}/", f"  sign in as       {email}", f"  at once, by link {url}/sign-in/confirm/{token}/"]


def kept_password(file: Path) -> str:
    """A random password for the demo's staff, the same after a restart."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(secrets.token_urlsafe(9))
        file.chmod(0o600)
    return file.read_text()
