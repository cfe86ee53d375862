"""Play scenarios and say what came of them.

    python -m tests.chaos                      every scenario, three seeds
    python -m tests.chaos F01 F10 --seeds 7    these, with this seed
    python -m tests.chaos storm --orders 10000 --pace 1

Ends with 1 when an invariant or an expectation failed.
"""

import argparse
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from tests.chaos.report import say
from tests.chaos.stack import Stack

SEEDS = (1, 2, 3)


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Faults on purpose.")
    parser.add_argument("scenarios", nargs="*", help="codes like F01, or storm; all but the smoke test when left out")
    parser.add_argument("--seeds", default=",".join(map(str, SEEDS)), help="comma-separated")
    parser.add_argument("--rotate", action="store_true", help="each scenario with one of the seeds in turn, the storm with all of them")
    parser.add_argument("--orders", type=int, help="of each scenario, instead of its own number")
    parser.add_argument("--scale", type=float, default=1.0, help="of every scenario's own number of orders")
    parser.add_argument("--pace", type=float, default=6.0, help="the product's own waits are so many times shorter; 1: as in production")
    parser.add_argument("--report", type=Path, default=Path("chaos-report.json"))
    parser.add_argument("--list", action="store_true", help="only say which scenarios there are")
    parser.add_argument("--keep", action="store_true", help="keep logs and journal when all went well, too")
    return parser.parse_args()


def stop(number: int, frame: FrameType | None) -> None:
    """Asked to end: by way of the same exit as Ctrl-C, so that nothing is left running."""
    raise KeyboardInterrupt


def start_django(stack: Stack) -> None:
    """As the stack's own processes are, except that the harness itself must neither die at a failpoint nor hurry."""
    os.environ.update({name: value for name, value in stack.environ.items() if not name.startswith("CHAOS_")})
    import django  # noqa: PLC0415  reads its settings from the environment

    django.setup()


def main() -> int:
    options = arguments()
    signal.signal(signal.SIGTERM, stop)
    stack, started = Stack(pace=options.pace), time.monotonic()
    good = False
    try:
        if options.list:
            start_django(stack)
            from tests.chaos import play  # noqa: PLC0415

            good = play.tell_all()
            return 0
        stack.up()
        say(f"stack is up after {time.monotonic() - started:.1f} s, of which migrating {stack.migrated_in:.1f} s; logs in {stack.folder}")
        start_django(stack)
        from tests.chaos import play  # noqa: PLC0415

        good = play.play(stack, options)
    except KeyboardInterrupt:
        say("interrupted")
    finally:
        stack.down(keep=options.keep or not good)
    say(f"took {time.monotonic() - started:.0f} s{'' if good else f'; logs and journal are kept in {stack.folder}'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
