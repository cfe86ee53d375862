"""The one process that decodes a stranger's picture: `python -I core/picture_worker.py < what came > a JPEG`.

It bounds its own memory and time before it looks at a byte, opens three formats only, and writes the picture anew: turned upright,
no larger than it has to be, without place, time, camera, comments or anything hidden behind the picture (reliability T20).
Ends with 3 for what is no picture or too large a one. Nothing of ours is imported here.
"""

import io
import resource
import struct
import sys
import warnings

MEMORY, SECONDS = 1024 * 1024 * 1024, 10
PIXELS, LONGEST_SIDE, QUALITY = 40_000_000, 2000, 82
NO_PICTURE = 3

resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

from PIL import Image, ImageOps  # noqa: E402 - after the limits

Image.MAX_IMAGE_PIXELS = PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)


def encoded(raw: bytes) -> tuple[bytes, int, int]:
    """The picture anew as JPEG, its width and height in pixels."""
    with Image.open(io.BytesIO(raw), formats=["JPEG", "PNG", "WEBP"]) as found:
        found.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # of a JPEG only as much as is needed is decoded
        upright = ImageOps.exif_transpose(found)
        upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        plain = Image.new("RGB", upright.size, "white")
        plain.paste(upright, mask=upright.convert("RGBA").getchannel("A") if upright.mode in ("RGBA", "LA", "P", "PA") else None)
        out = io.BytesIO()
        plain.save(out, "JPEG", quality=QUALITY, optimize=True)
        return out.getvalue(), *plain.size


def main() -> int:
    try:
        body, width, height = encoded(sys.stdin.buffer.read())
    except Exception:  # whatever a decoder makes of hostile bytes, it is the same answer: no picture
        return NO_PICTURE
    sys.stdout.buffer.write(struct.pack(">II", width, height) + body)
    return 0


if __name__ == "__main__":
    sys.exit(main())
