"""What others say about a product: open to anybody; whether it helped, those may say who are signed in."""

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_POST, require_safe

from portal.formats import language_name
from portal.rules.reviews import fit_words
from portal.rules.shown import SORTS, Wanted, wanted_of
from portal.selectors.shown import NothingKnown, Reviewed, cards_of, product_named, reviewed
from portal.views.edge import PortalRequest, SignedInRequest, page, show, signed_in
from reviews.selectors.shown import ReviewNotFound, one_shown, published
from reviews.services.book import ReviewRefused
from reviews.services.votes import vote as cast

PER_PAGE = 10
LONGEST_KEY = 120


@page
@require_safe
def listing(request: PortalRequest, key: str) -> HttpResponse:
    """The score with what it rests on, and the reviews a reader narrows it to."""
    return _listing(request, key, wanted_of(request.GET))


def _listing(request: PortalRequest, key: str, wanted: Wanted, *, refused: str = "") -> HttpResponse:
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise Http404
    try:
        product = product_named(key)
    except NothingKnown:
        raise Http404 from None
    found = reviewed(product, wanted, limit=PER_PAGE, customer_id=request.customer.pk if request.customer else None)
    context = {
        "found": found,
        "wanted": wanted,
        "choices": _choices(found, wanted),
        "refused": refused,
        "more": wanted.but(after=found.next).query,
    }
    return show(request, "reviews/list.html", context, status=422 if refused else 200)


def _choices(found: Reviewed, wanted: Wanted) -> dict[str, object]:
    """Every way to narrow them that leads to something, each with where it leads and whether it is taken."""
    here, fits, languages = get_language() or "en", found.score.fits, found.score.languages
    return {
        "sorts": [(name, wanted.but(sort=name).query, name == wanted.sort) for name in SORTS],
        "bars": [
            (bar, wanted.but(stars=None if bar.stars == wanted.stars else bar.stars).query, bar.stars == wanted.stars) for bar in found.bars
        ],
        "photos": (found.score.photos, wanted.but(photos=not wanted.photos).query, wanted.photos),
        "fits": [
            (word, fits[fit], wanted.but(fit="" if fit == wanted.fit else fit).query, fit == wanted.fit)
            for fit, word in fit_words()
            if fits.get(fit)
        ],
        "languages": [
            (
                language_name(code, language=here),
                n,
                wanted.but(language="" if code == wanted.language else code).query,
                code == wanted.language,
            )
            for code, n in list(languages.items())[:8]
        ]
        if len(languages) > 1
        else [],
        "all": Wanted(sort=wanted.sort).query,
    }


@signed_in
@require_POST
def vote(request: SignedInRequest, review_id: str) -> HttpResponse:
    """Whether a review helped. One voice each; said again it moves."""
    try:
        row = published(public_id=review_id)
    except ReviewNotFound:
        raise Http404 from None
    helpful = request.POST.get("helpful", "")
    if helpful not in ("yes", "no"):
        return HttpResponseRedirect(_place(row.product_key, review_id))
    try:
        cast(review=row, customer_id=request.customer.pk, is_helpful=helpful == "yes", at=request.now)
    except ReviewRefused as refused:
        return _listing(request, row.product_key, Wanted(), refused=" ".join(str(text) for _field, text in refused.refusals))
    return HttpResponseRedirect(_place(row.product_key, review_id))


def _place(key: str, review_id: str) -> str:
    return f"{reverse('product-reviews', args=[key])}#review-{review_id}"


@page
@require_safe
def shared(request: PortalRequest, review_id: str) -> HttpResponse:
    """One review under its own address, when its author allows showing it elsewhere."""
    try:
        one = one_shown(review_id)
    except ReviewNotFound:
        raise Http404 from None
    if not one.can_share:
        raise Http404
    (card,) = cards_of([one])
    return show(request, "reviews/shared.html", {"card": card})
