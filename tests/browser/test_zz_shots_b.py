from tests.browser.test_preferences import *  # noqa
from datetime import timedelta
from customers.services import set_contact_rule, suppress

def test_shots(server, shop, window):
    with merchant_scope(shop[0].pk):
        sam = Customer.objects.get()
        suppress(channel="sms", recipient=sam.phone, reason="stop", at=now())
        token = Message.objects.get(kind=Kind.ORDER_CONFIRMATION).token
    pref, stop = links(shop)
    for width, scheme in ((390, "light"), (1280, "dark"), (1280, "light")):
        view = window(width=width, scheme=scheme)
        sign_in(view, server, shop[0])
        for name, path in (("hub", "/"), ("pref", "/preferences/"), ("link", pref), ("stop", stop), ("messages", "/messages/"), ("message", f"/messages/{token}/")):
            view.page.goto(f"http://acme.{server}{path}")
            if name == "pref":
                view.page.get_by_label("Only the important").set_checked(not view.page.get_by_label("Only the important").is_checked())
                view.page.get_by_label("For a week").check()
                view.page.get_by_role("button", name="Save").click()
                view.page.get_by_role("heading", name="Saved").wait_for()
            view.page.screenshot(path=f"/tmp/shot_b_{name}_{width}_{scheme}.png", full_page=True)
