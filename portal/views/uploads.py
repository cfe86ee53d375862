"""Photos sent along with a form: taken in one by one, the refused ones named. What is kept are ids; the pictures lie with the order."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from core.callers import network_of
from core.limits import PerHour, seconds_to_wait
from orders.models import Order
from portal.views.edge import PortalRequest, client_ip
from returns.selectors.photos import photos_ready
from returns.services.photos import PhotoRefused, WrongOffset, add_bytes, begin_photo, finish_photo

MOST = 10  # of one line or claim
HOURLY = PerHour(rate=1, burst=30)  # begun from one network


@dataclass(frozen=True, slots=True)
class Album:
    """Where the photos of one field go: which of these ids lie there whole, and the three steps of one more."""

    ready: Callable[[Sequence[str]], Collection[str]]
    begin: Callable[[int], Any]
    add: Callable[..., Any]
    finish: Callable[[Any], Any]
    most: int = MOST


def photos_in(request: PortalRequest, order: Order, *, name: str, kept: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """The photos of a field about a return or claim; see `taken_in`. An id that is not a whole photo of this order is left out."""
    album = Album(
        ready=lambda ids: {row.public_id for row in photos_ready(order_id=order.pk, public_ids=ids)},
        begin=lambda size: begin_photo(order=order, size=size, at=request.now),
        add=add_bytes,
        finish=lambda photo: finish_photo(photo=photo, at=request.now),
    )
    return taken_in(request, album, name=name, kept=kept)


def taken_in(request: PortalRequest, album: Album, *, name: str, kept: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """Ids of the photos of a field: those kept from before but the ones left out, those sent by the script, and the form's own.

    With what to say where one could not be taken.
    """
    dropped = set(request.POST.getlist(f"drop_{name}"))
    asked = [one for one in [*kept, *request.POST.getlist(f"sent_photos_{name}")] if one not in dropped and "\0" not in one]
    unique = list(dict.fromkeys(asked))[: 2 * album.most]
    known = set(album.ready(unique)) if unique else set()
    found, error = [one for one in unique if one in known], ""
    for file in request.FILES.getlist(f"photos_{name}"):
        if len(found) >= album.most:
            return tuple(found[: album.most]), refused_words("too_many", most=album.most)
        if seconds_to_rest(request):
            return tuple(found), refused_words("too_often")
        try:
            found.append(_taken(album, file))
        except PhotoRefused as refused:
            error = refused_words(refused.code, most=album.most)
    is_over = len(found) > album.most
    return tuple(found[: album.most]), refused_words("too_many", most=album.most) if is_over else error


def _taken(album: Album, file: "UploadedFile[Any]") -> str:
    photo = album.begin(file.size or 0)
    try:
        offset = 0
        for piece in file.chunks():
            album.add(photo=photo, offset=offset, data=piece)
            offset += len(piece)
        return str(album.finish(photo).public_id)
    except WrongOffset:  # fewer bytes came than the form said
        raise PhotoRefused("not_a_picture") from None


def seconds_to_rest(request: PortalRequest) -> int:
    """0 when one more picture may be begun from this network, else how long to wait."""
    network = network_of(client_ip(request))
    return seconds_to_wait(who=f"uploads:{request.merchant.pk}:{network}", limit=HOURLY, now=request.now) if network else 0


def refused_words(code: str, *, most: int = MOST) -> str:
    """Why a picture was not taken."""
    words = {
        "empty": _("One file is empty. Choose it again."),
        "too_large": _("One picture is larger than 10 MB. Choose a smaller one."),
        "too_many": _("These are more pictures than we can take: 10 for one article, 30 in a day. The first ones are kept."),
        "too_often": _("Many pictures came from here. Please try again later."),
        "not_a_picture": _("One file is not a picture we can read. Choose a JPEG, PNG or WebP file."),
    }
    if code == "too_many" and most != MOST:
        return _("These are more pictures than we can take: %(n)s with one review, 30 in a day. The first ones are kept.") % {"n": most}
    return words.get(code) or _("One picture could not be taken. Choose it again.")
