"""Strangers' pictures: what comes out is a JPEG of ours or nothing."""

import io
import struct
import zlib
from collections.abc import Callable

import pytest
from PIL import Image

from core.pictures import NotAPicture, reencode

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def jpeg(size: tuple[int, int] = (60, 40), **extra: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, "JPEG", **extra)
    return out.getvalue()


def png(size: tuple[int, int], mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, size).save(out, "PNG")
    return out.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_with_text_bomb() -> bytes:
    """100 MB of text packed into 100 kB beside one pixel."""
    plain = png((1, 1))
    return plain[:33] + chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"a" * 100_000_000, 9)) + plain[33:]


def png_of_a_size(width: int, height: int) -> bytes:
    """A head that tells a size, with next to nothing behind it."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


def gif() -> bytes:
    out = io.BytesIO()
    Image.new("P", (5, 5)).save(out, "GIF")
    return out.getvalue()


NO_PICTURES: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "a text": lambda: b"hello",
    "a page": lambda: b"<!doctype html><script>alert(1)</script>",
    "svg": lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "svg with an entity": lambda: b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>',
    "postscript": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n(%pipe%id) (w) file\n",
    "pdf": lambda: b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>",
    "php": lambda: b"<?php system($_GET['c']); ?>",
    "gif": gif,
    "fits": lambda: b"SIMPLE  =                    T" + b" " * 2850,
    "a hundred megabytes of hidden text": png_with_text_bomb,
    "broken jpeg head": lambda: b"\xff\xd8\xff\xe0" + b"\0" * 200,
    "half a jpeg": lambda: jpeg((800, 600))[:900],
    "half a png": lambda: png((800, 600))[:200],
    "broken webp": lambda: b"RIFF\xff\xff\xff\x7fWEBPVP8L\xff\xff\xff\x7f" + b"\xff" * 200,
    "more pixels than 40 million": lambda: png_of_a_size(10_000, 4_001),
    "as many pixels as fit into the head": lambda: png_of_a_size(2**31 - 1, 2**31 - 1),
}


@pytest.mark.parametrize("name", NO_PICTURES)
def test_what_is_no_picture_is_refused(name: str) -> None:
    with pytest.raises(NotAPicture):
        reencode(NO_PICTURES[name]())


def test_a_picture_comes_out_as_jpeg_with_nothing_else_in_it() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera of Sam"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)  # where it was taken
    raw = jpeg(exif=exif, comment=EICAR) + b"PK\x03\x04 a jar behind the picture <script>alert(1)</script>"
    assert b"Camera of Sam" in raw and EICAR in raw
    out = reencode(raw).body
    with Image.open(io.BytesIO(out)) as image:
        assert (image.format, image.size, dict(image.getexif())) == ("JPEG", (60, 40), {})
    for left in (b"Camera of Sam", EICAR, b"PK\x03\x04", b"<script>", b"Exif"):
        assert left not in out


@pytest.mark.parametrize(("orientation", "size"), [(1, (60, 40)), (3, (60, 40)), (6, (40, 60)), (8, (40, 60))])
def test_a_picture_stands_upright(orientation: int, size: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = reencode(jpeg(exif=exif))
    assert (picture.width, picture.height) == size


def test_a_large_picture_is_made_as_large_as_it_has_to_be() -> None:
    picture = reencode(jpeg((4000, 1000)))
    assert (picture.width, picture.height) == (2000, 500)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "I;16"])
def test_every_kind_of_png_is_read(mode: str) -> None:
    assert reencode(png((30, 20), mode)).width == 30


def test_what_is_see_through_becomes_white() -> None:
    with Image.open(io.BytesIO(reencode(png((8, 8), "RGBA")).body)) as image:
        assert image.getpixel((4, 4)) == (255, 255, 255)
