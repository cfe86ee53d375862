"""A browser by its name and system, from what it says of itself. Unknown ones stay unknown: nothing is guessed."""

from django.utils.translation import gettext as _

from core.devices import named_device


def device_words(user_agent: str) -> str:
    """`Firefox on Windows`, or as much of it as is known."""
    browser, system = named_device(user_agent)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Unknown browser")
