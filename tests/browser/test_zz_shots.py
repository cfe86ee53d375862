from tests.browser.test_studio import *
def test_shots(server, shop, window):
    merchant, user = shop
    with merchant_scope(merchant.pk):
        row = versions.save_draft(draft=Draft(**SMS.named, source=SOURCE), editing=Editing(note="Shorter, one segment"), by=user, at=now())
        versions.publish(version=row, by=user, at=now())
        row = versions.save_draft(draft=Draft(**SMS.named, source=SOURCE.replace("ist unterwegs","kommt bald")), editing=Editing(note="Try"), by=user, at=now())
        TestAddress.objects.create(user=user, channel="email", address="sabine@acme.example", nonce="n", asked_at=now(), verified_at=now())
    for width, scheme in ((1280,"light"),(1280,"dark"),(390,"light")):
        view = window(width=width, scheme=scheme, height=900)
        for name, path in (("list","/admin/notifications/templateversion/"),("blocks",GERMAN.url()+"?order=1001"+("&look=dark" if scheme=="dark" else "")),("sms",SMS.url()),("history",SMS.url("past")),("compare",SMS.url("compare")),("ask",f"/admin/notifications/templateversion/{row.pk}/publish")):
            page = enter(view, server, user, path)
            if name=="blocks":
                page.locator(".block", has_text="Opening").get_by_role("link").click()
                page.locator("[data-settings-of]:visible textarea").first.fill("Danke,\n{{ customer.frst_name }}! Schön, dass du da bist")
                expect(page.locator("[data-lint] li[data-severity=error]", has_text="frst_name")).to_be_visible()
                if width==1280 and scheme=="light": page.get_by_text("Send me a test").first.click()
            page.screenshot(path=f"/tmp/e/r-{name}-{width}-{scheme}.png", full_page=width==390 or name=="list")
        if width==1280:
            page = enter(view, server, user, GERMAN.url())
            page.get_by_text("Write the source by hand").click(); page.get_by_role("button", name="Turn into source").click()
            expect(page.locator("#source")).to_be_visible()
            page.screenshot(path=f"/tmp/e/r-source-{width}-{scheme}.png")
        print(view.complaints)
