"""Every page of the portal in every state worth looking at: its name, its address, who looks."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import Resolver404, URLPattern, get_resolver, resolve
from playwright.sync_api import Page

from tests.browser.gallery import Gallery

PORTAL = "postpurchase.urls_portal"
# What is no page to look at: a part of one, a file, a step that only forwards, or an answer to a form.
NO_PAGES = {
    "order-shipping-live",
    "track-live",
    "track-calendar",
    "track-choice",
    "track-not-here",
    "message-letter",
    "sign-in-resend",
    "sign-out",
    "sign-in-passkey",
    "passkey-options",
    "security-sessions",
    "find-order-resend",
    "find-order-forget",
    "help-helpful",
    "product-preview",
    "order-receipt",
    "order-archive",
    "privacy-export",
    "privacy-withdraw",
    "privacy-file",
    "return-policy-data",
    "order-photos",
    "order-photo",
    "order-review-photos",
    "order-review-photo",
    "review-form-photos",
    "review-form-photo",
    "review-photo",
    "review-vote",
    "reviews-about-export",
    "reviews-feed",
    "widget-data",
    "widget-structured",
    "widget-script",
    "language",
    "brand",
    "short-link",
}


@dataclass(frozen=True, slots=True)
class Scene:
    """One page in one state. `then` does what leads to the state, once the page is open."""

    name: str
    path: str
    who: str = "lena"
    then: Callable[[Page], None] | None = None
    shows: str = ""  # the page one ends on, where that is another than the one opened
    is_framed: bool = False  # shown inside another page, which has the title and the way to help

    @property
    def url_name(self) -> str:
        """The name of the address one ends on; "" where there is no such page."""
        return self.shows or url_name(self.path)


def url_name(path: str) -> str:
    try:
        return resolve(path.partition("?")[0], PORTAL).url_name or ""
    except Resolver404:
        return ""


def url_names() -> set[str]:
    """Every address of the portal, from the resolver."""
    found: set[str] = set()
    for included in get_resolver(PORTAL).url_patterns:
        patterns = [included] if isinstance(included, URLPattern) else included.url_patterns
        found |= {pattern.name for pattern in patterns if isinstance(pattern, URLPattern) and pattern.name}
    return found


def scenes(gallery: Gallery) -> list[Scene]:
    return [
        *_account(gallery),
        *_order(gallery),
        *_parcels(gallery),
        *_open(gallery),
        *_profile(gallery),
        *_security(gallery),
        *_guest(gallery),
        *_links(gallery),
        *_help(gallery),
        *_returns(gallery),
        *_problems(gallery),
        *_reviews(gallery),
        *_voices(gallery),
        *_surveys(gallery),
    ]


def own(gallery: Gallery, name: str, part: str = "") -> str:
    return f"/orders/{gallery.orders[name].public_id}/{part}"


def _account(gallery: Gallery) -> list[Scene]:
    return [
        Scene("hub", "/"),
        Scene("hub-menu", "/", then=lambda page: page.locator(".menu__open").click()),
        Scene("hub-first-time", "/", "nora"),
        Scene("hub-search", "/?q=coat"),
        Scene("orders", "/orders/"),
        Scene("orders-page-2", "/orders/?page=2"),
        Scene("orders-open", "/orders/?show=open"),
        Scene("orders-nothing-found", "/orders/?q=%E2%80%AEzzz%3Cb%3E"),
        Scene("orders-first-time", "/orders/", "nora"),
        Scene("messages", "/messages/"),
        Scene("messages-none", "/messages/", "nora"),
        Scene("message", f"/messages/{gallery.tokens['message']}/"),
        Scene("preferences", "/preferences/"),
        Scene("preferences-by-link", f"/preferences/{gallery.tokens['preferences']}/", ""),
        Scene("unsubscribe", f"/unsubscribe/{gallery.tokens['unsubscribe']}/", ""),
    ]


def _order(gallery: Gallery) -> list[Scene]:
    names = ("late", "pickup", "returning", "unsent", "fresh", "unpaid", "asked", "moving", "delivered", "cancelled", "hostile")
    line = gallery.lines["late"]
    return [
        *(Scene(f"order-{name}", own(gallery, name)) for name in names),
        Scene("products", own(gallery, "late", "products/")),
        Scene("product", own(gallery, "late", f"products/{line}/")),
        Scene("product-hostile", own(gallery, "hostile", f"products/{gallery.lines['hostile']}/")),
        Scene("returns-open", own(gallery, "late", "returns/")),
        Scene("returns-over", own(gallery, "delivered", "returns/")),
        Scene("returns-cancelled", own(gallery, "cancelled", "returns/")),
        Scene("cancel", own(gallery, "fresh", "cancel/")),
        Scene("cancel-too-late", own(gallery, "moving", "cancel/")),
        Scene("address", own(gallery, "fresh", "address/")),
        Scene("address-bad", own(gallery, "fresh", "address/"), then=_empty_street),
        Scene("request", own(gallery, "asked", f"requests/{gallery.parcels['request']}/")),
        Scene("again", own(gallery, "delivered", "again/")),
        Scene("choice", own(gallery, "unsent", "choice/")),
        Scene("not-here", own(gallery, "late", f"parcels/{gallery.parcels['delivered']}/not-here/")),
        Scene("offer", f"/offer/{gallery.tokens['offer']}/", ""),
    ]


def _empty_street(page: Page) -> None:
    page.locator("main [name=street]").fill("")
    with page.expect_navigation():
        page.locator("main form button.btn--primary").first.click()


def _parcels(gallery: Gallery) -> list[Scene]:
    names = ("late", "pickup", "returning", "unsent", "fresh", "moving", "delivered", "cancelled", "hostile")
    return [
        *(Scene(f"shipping-{name}", own(gallery, name, "shipping/")) for name in names),
        *(Scene(f"track-{name}", f"/track/{gallery.orders[name].track_token}/", "") for name in names),
    ]


def _fill(label: str, value: str, button: str) -> Callable[[Page], None]:
    """Fill a field and press a button of the page's main part."""

    def act(page: Page) -> None:
        main = page.locator("main")
        main.get_by_label(label, exact=True).fill(value)
        _press(button)(page)

    return act


def _press(button: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        with page.expect_navigation():
            page.locator("main").get_by_role("button", name=button, exact=True).first.click()

    return act


def _each(*acts: Callable[[Page], None]) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        for one in acts:
            one(page)

    return act


def _open(gallery: Gallery) -> list[Scene]:
    code = _fill("E-mail", "lena@example.com", "Send me a code")
    return [
        Scene("sign-in", "/sign-in/", ""),
        Scene("sign-in-bad", "/sign-in/", "", _fill("E-mail", "lena@example", "Send me a code")),
        Scene("sign-in-code", "/sign-in/", "", code, "sign-in-code"),
        Scene("sign-in-code-wrong", "/sign-in/", "", _each(code, _fill("Code", "000000", "Sign in")), "sign-in-code"),
        Scene("sign-in-link", f"/sign-in/confirm/{gallery.tokens['sign-in']}/", ""),
        Scene("sign-in-link-expired", "/sign-in/confirm/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/", ""),
        Scene("sign-in-password", "/sign-in/password/", ""),
        Scene("return-policy", "/policies/returns/", ""),
        Scene("return-policy-signed-in", "/policies/returns/"),
        Scene("not-found", "/nothing/here/", ""),
        Scene("not-found-signed-in", "/nothing/here/"),
    ]


EARLIER = "nora, long ago"  # not Lena: she has been sent as many codes as there may be


def _bad_phone(page: Page) -> None:
    page.locator("main [name=phone]").fill("12")
    _press("Save")(page)


def _profile(gallery: Gallery) -> list[Scene]:
    return [
        Scene("profile", "/profile/"),
        Scene("profile-bad", "/profile/", then=_bad_phone),
        Scene("addresses", "/profile/addresses/"),
        Scene("addresses-none", "/profile/addresses/", "nora"),
        Scene("address-new", "/profile/addresses/new/"),
        Scene("address-new-bad", "/profile/addresses/new/", then=_press("Save")),
        Scene("address-kept", f"/profile/addresses/{gallery.tokens['address']}/"),
        Scene("privacy", "/privacy/"),
        Scene("privacy-erase", "/privacy/erase/"),
        Scene("privacy-erasing", "/privacy/", "vera"),
    ]


def _security(gallery: Gallery) -> list[Scene]:
    code = _press("Send me a code")
    new = _fill("New e-mail address", "lena.new@example.com", "Send the code")
    return [
        Scene("security", "/profile/security/"),
        Scene("security-password", "/profile/security/password/"),
        Scene("security-password-poor", "/profile/security/password/", then=_fill("New password", "password12", "Save")),
        Scene("security-passkeys", "/profile/security/passkeys/"),
        Scene("security-passkey", f"/profile/security/passkeys/{gallery.tokens['passkey']}/"),
        Scene("email", "/profile/email/"),
        Scene("email-bad", "/profile/email/", then=_fill("New e-mail address", "lena@example", "Send the code")),
        Scene("email-code", "/profile/email/", then=new, shows="email-code"),
        Scene("confirm", "/confirm/?next=/profile/email/", EARLIER),
        Scene("confirm-code", "/confirm/?next=/profile/email/", EARLIER, code, "confirm-code"),
    ]


def _guest(gallery: Gallery) -> list[Scene]:
    def find(page: Page) -> None:
        page.locator("#number").fill("A-20410")
        page.locator("#contact").fill("lena@example.com")
        _press("Send me a code")(page)

    wrong = _each(find, _fill("Code", "000000", "Open the order"))
    return [
        Scene("find-order", "/find-order/", ""),
        Scene("find-order-empty", "/find-order/", "", _press("Send me a code")),
        Scene("find-order-code", "/find-order/", "", find, "find-order-code"),
        Scene("find-order-code-wrong", "/find-order/", "", wrong, "find-order-code"),
        Scene("guest-order", own(gallery, "moving"), "guest"),
        Scene("guest-shipping", own(gallery, "moving", "shipping/"), "guest"),
        Scene("guest-keep", "/find-order/keep/", "guest"),
    ]


def _links(gallery: Gallery) -> list[Scene]:
    tokens = gallery.tokens
    return [
        Scene("order-share", own(gallery, "moving", "share/")),
        Scene("view", f"/view/{tokens['view']}/", ""),
        Scene("view-late", f"/view/{tokens['view-late']}/", ""),
        Scene("view-expired", f"/view/{tokens['view-old']}/", ""),
        Scene("gift", f"/gift/{tokens['gift']}/", ""),
        Scene("gift-delivered", f"/gift/{tokens['gift-delivered']}/", ""),
    ]


def _help(gallery: Gallery) -> list[Scene]:
    return [
        Scene("help", "/help/"),
        Scene("help-stranger", "/help/", ""),
        Scene("help-search", "/help/?q=late", ""),
        Scene("help-search-nothing", "/help/?q=zzzz", ""),
        Scene("help-contact", "/help/contact/"),
        Scene("help-article", "/help/where-is-my-parcel/"),
        Scene("help-article-guide", "/help/delivered-but-not-here/", ""),
        Scene("help-article-of-an-order", f"/help/parcel-is-late/?order={gallery.orders['late'].public_id}"),
    ]


def _what(page: Page) -> None:
    """Choose the first article."""
    page.locator("main [name=line]:enabled").first.check()
    _press("Continue")(page)


def _why(reason: str) -> Callable[[Page], None]:
    """Say why, and see the outcomes."""

    def act(page: Page) -> None:
        page.locator(f"main [type=radio][value={reason}]").first.check()
        _press("Continue")(page)

    return act


def _outcome(value: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.locator(f"main [type=radio][value^='{value}']").first.check()
        _press("Continue to hand-over")(page)

    return act


def _way(page: Page) -> None:
    page.locator("main [name=way]").first.check()
    _press("Continue to check")(page)


def _returns(gallery: Gallery) -> list[Scene]:
    new, cases = own(gallery, "came", "returns/new/"), gallery.cases
    names = ("to-send", "asked-back", "refused", "settled", "swapped")
    to_outcomes = _each(_what, _why("too_small"))
    to_check = _each(to_outcomes, _outcome("refund"), _way)
    gift = f"/gift/{gallery.tokens['gift-came']}/return/"
    return [
        Scene("returns-all", "/returns/"),
        Scene("returns-none", "/returns/", "nora"),
        Scene("returns-came", own(gallery, "came", "returns/")),
        Scene("returns-going", own(gallery, "to-send", "returns/")),
        Scene("return-what", new),
        Scene("return-what-nothing", new, then=_press("Continue")),
        Scene("return-why", new, then=_what),
        Scene("return-outcomes", new, then=to_outcomes),
        Scene("return-outcomes-photos", new, then=_each(_what, _why("damaged"))),
        Scene("return-outcomes-none", new, then=_each(to_outcomes, _press("Continue to hand-over"))),
        Scene("return-way", new, then=_each(to_outcomes, _outcome("refund"))),
        Scene("return-check", new, then=to_check),
        *(Scene(f"return-{name}", own(gallery, name, f"returns/{cases[name]}/")) for name in names),
        Scene("return-cancel", own(gallery, "to-send", f"returns/{cases['to-send']}/?cancel=1")),
        Scene("gift-return-what", gift, ""),
        Scene("gift-return-what-nobody", gift, "", _press("Continue")),
        Scene("gift-return", f"/gift/{gallery.tokens['gift-given']}/return/{cases['gift']}/", ""),
    ]


def _problems(gallery: Gallery) -> list[Scene]:
    def filled(page: Page) -> None:
        page.locator("#name").fill("Lena Hoffmann")
        page.locator("#number").fill("A-20350")
        page.locator("#email").fill("lena@example.com")
        _press("Continue")(page)

    arrived = own(gallery, "came", f"parcels/{gallery.parcels['came']}/arrived/")
    claim = own(gallery, "came", f"claims/new/?parcel={gallery.parcels['came']}&problem=damaged")
    return [
        Scene("arrived", arrived),
        Scene("arrived-nothing", arrived, then=_press("Continue")),
        Scene("claim-new", claim),
        Scene("claim-new-empty", claim, then=_press("Send it in")),
        Scene("claim-new-warranty", own(gallery, "came", "claims/new/?kind=warranty")),
        Scene("claim", own(gallery, "broken", f"claims/{gallery.cases['claim']}/")),
        Scene("withdraw", "/withdraw/", ""),
        Scene("withdraw-empty", "/withdraw/", "", _press("Continue")),
        Scene("withdraw-signed-in", f"/withdraw/?order={gallery.orders['came'].public_id}"),
        Scene("withdraw-statement", "/withdraw/", "", filled),
        Scene("withdraw-unreadable", "/withdraw/", "", _each(filled, _spoilt), "withdraw-confirm"),
        Scene("withdrawal", f"/withdraw/{gallery.cases['withdrawal']}/", ""),
    ]


def _spoilt(page: Page) -> None:
    """A statement that was changed on its way."""
    page.locator("main [name=state]").evaluate("field => { field.value = 'x' }")
    _press("Confirm withdrawal")(page)


def _star(name: str, stars: int) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.locator(f"main [name={name}][value='{stars}']").check()

    return act


def _reviews(gallery: Gallery) -> list[Scene]:
    form, cases = f"/review/{gallery.tokens['review']}/", gallery.cases
    socks = gallery.inside(lambda: gallery.orders["came"].lines.get(external_id="socks").public_id)
    box = gallery.parcels["came"]
    return [
        Scene("review-form", form, ""),
        Scene("review-form-tapped", f"{form}?stars=2", ""),
        Scene("review-form-empty", form, "", _press("Send the review")),
        Scene("review-form-draft", f"{form}?line={socks}&saved=1", ""),
        Scene("review-form-parcel", f"{form}?parcel={box}", "", _star("delivery", 4)),
        Scene("review-form-parcel-empty", f"{form}?parcel={box}", "", _press("Send")),
        Scene("review-form-ended", f"/review/{gallery.tokens['review-ended']}/", ""),
        Scene("review-form-put-off", f"/review/{gallery.tokens['review-put-off']}/", ""),
        Scene("order-reviews", own(gallery, "came", "reviews/")),
        Scene("order-reviews-done", own(gallery, "broken", f"reviews/?written={gallery.lines['broken']}")),
        Scene("order-reviews-none", own(gallery, "moving", "reviews/")),
        Scene("reviews", "/reviews/"),
        Scene("reviews-none", "/reviews/", "nora"),
        *(Scene(f"review-{name}", f"/reviews/{cases[name]}/") for name in ("shown", "waits", "rejected", "gone")),
        Scene("review-thread-empty", f"/reviews/{cases['shown']}/", then=_press("Send")),
        Scene("review-edit", f"/reviews/{cases['rejected']}/edit/"),
        Scene("review-withdraw", f"/reviews/{cases['shown']}/withdraw/"),
    ]


def _voices(gallery: Gallery) -> list[Scene]:
    """What others say, for everybody to read."""
    boots, frame = "/products/boots/reviews/", "/widget/reviews.html?product="
    return [
        Scene("product-reviewed", own(gallery, "broken", f"products/{gallery.lines['broken']}/")),
        Scene("product-reviews", boots, ""),
        Scene("product-reviews-signed-in", f"{boots}?sort=helpful", "nora"),
        Scene("product-reviews-chosen", f"{boots}?stars=5&photos=1"),
        Scene("product-reviews-none-like-that", f"{boots}?stars=1", ""),
        Scene("product-reviews-none", "/products/gloves/reviews/", ""),
        Scene("reviews-about", "/reviews/about/", ""),
        Scene("reviews-shared", f"/reviews/share/{gallery.cases['shown']}/", ""),
        Scene("widget", f"{frame}boots", "", is_framed=True),
        Scene("widget-none", f"{frame}gloves", "", is_framed=True),
    ]


def _surveys(gallery: Gallery) -> list[Scene]:
    path = {name: f"/survey/{gallery.tokens[name]}/" for name in ("csat", "nps", "ces", "survey-done", "survey-over")}
    return [
        Scene("survey", path["csat"], ""),
        Scene("survey-empty", path["csat"], "", _press("Send")),
        Scene("survey-nps", path["nps"], ""),
        Scene("survey-ces", path["ces"], ""),
        Scene("survey-more", f"{path['survey-done']}?more=1", ""),
        Scene("survey-thanks", path["survey-done"], ""),
        Scene("survey-over", path["survey-over"], ""),
    ]
