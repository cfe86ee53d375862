"""Pictures from strangers, made harmless in a process of its own."""

import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

WORKER = Path(__file__).with_name("picture_worker.py")
PATIENCE = 20.0  # seconds of wall time; the worker's own limit is ten of the processor
HEAD = struct.Struct(">II")


class NotAPicture(ValueError):
    """No JPEG, PNG or WebP, a broken one, or one of more than 40 million pixels."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG of ours; width and height in pixels."""

    body: bytes
    width: int
    height: int


def reencode(raw: bytes) -> Picture:
    """The picture written anew: upright, at most 2,000 pixels long, with nothing else in it. Refuses (NotAPicture)."""
    try:
        done = subprocess.run(  # noqa: S603 - our own script, no words of a stranger on the command line
            [sys.executable, "-I", str(WORKER)], input=raw, capture_output=True, timeout=PATIENCE, check=False, env={}
        )
    except subprocess.TimeoutExpired:
        raise NotAPicture("it took too long to read") from None
    if done.returncode or len(done.stdout) <= HEAD.size:
        raise NotAPicture("this is no picture we can read")
    width, height = HEAD.unpack(done.stdout[: HEAD.size])
    return Picture(done.stdout[HEAD.size :], width, height)
