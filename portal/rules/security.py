"""Words about getting in: why a password is not taken, what happened to an account, how a browser was signed in."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.rules import PASSWORD_LONGEST, PASSWORD_SHORTEST
from customers.types import AccountFact, PasswordFlaw, SignInMethod
from portal.types import State


def flaw_words(flaw: PasswordFlaw) -> str:
    """What to do about it."""
    if flaw == PasswordFlaw.SHORT:
        text = ngettext("Use at least %(n)s character.", "Use at least %(n)s characters.", PASSWORD_SHORTEST)
        return text % {"n": PASSWORD_SHORTEST}
    if flaw == PasswordFlaw.LONG:
        text = ngettext("Use at most %(n)s character.", "Use at most %(n)s characters.", PASSWORD_LONGEST)
        return text % {"n": PASSWORD_LONGEST}
    if flaw == PasswordFlaw.OWN:
        return _("This is your name, your address or the shop's name. Choose something only you know.")
    return _("Many people use this password, so it is tried first. Choose another, say four words that do not belong together.")


def fact_state(what: str) -> State:
    """What happened, as an icon and words."""
    return {
        AccountFact.SIGNED_IN: State("idle", "user", _("Signed in")),
        AccountFact.SIGNED_OUT_ALL: State("idle", "out", _("Other browsers signed out")),
        AccountFact.PASSWORD_SET: State("idle", "lock", _("Password set")),
        AccountFact.PASSWORD_REMOVED: State("idle", "lock", _("Password removed")),
        AccountFact.EMAIL_CHANGED: State("idle", "mail", _("E-mail address changed")),
        AccountFact.PASSKEY_ADDED: State("idle", "lock", _("Passkey added")),
        AccountFact.PASSKEY_REMOVED: State("idle", "lock", _("Passkey removed")),
    }[AccountFact(what)]


def method_words(method: str) -> str:
    """How a browser was signed in."""
    return {
        SignInMethod.CODE: _("with a code by e-mail"),
        SignInMethod.LINK: _("with a link by e-mail"),
        SignInMethod.PASSWORD: _("with the password"),
        SignInMethod.PASSKEY: _("with a passkey"),
        SignInMethod.GUEST: _("by finding an order"),
    }[SignInMethod(method)]


def note_words(code: str) -> tuple[str, str]:
    """What was just done, as a title and what follows from it; empty for an unknown code."""
    others = _("Every other browser was signed out.")
    return {
        "password-set": (_("Password set"), others),
        "password-removed": (_("Password removed"), others + " " + _("You sign in with a code by e-mail, or a passkey.")),
        "email-changed": (_("E-mail address changed"), others + " " + _("We told the address from before.")),
        "passkey-added": (_("Passkey added"), _("Next time you can sign in with it.")),
        "passkey-renamed": (_("Name saved"), ""),
        "passkey-removed": (_("Passkey removed"), _("It opens nothing any more. You can delete it on your device, too.")),
        "session-ended": (_("Signed out there"), ""),
        "others-ended": (_("Signed out everywhere else"), _("Only this browser is still signed in.")),
    }.get(code, ("", ""))
