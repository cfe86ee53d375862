"""Findings about the survey a mail carries: whether there is one that is called so, and is on."""

from django.utils.translation import gettext_lazy as _

from notifications.scales import live_surveys
from notifications.studio.types import Draft, Finding, Severity


def about_surveys(draft: Draft) -> list[Finding]:
    """One finding for each block whose survey nobody could answer; one query where there is such a block, else none."""
    named = [block for block in draft.blocks or () if block.get("type") == "survey" and (block.get("fields") or {}).get("survey")]
    if not named:
        return []
    known = {survey.key for survey in live_surveys()}
    fix = _("Turn it on, or name one that is on: %(keys)s") % {"keys": ", ".join(sorted(known))} if known else _("Turn a survey on first.")
    return [
        Finding(
            Severity.WARNING,
            "survey",
            0,
            0,
            "survey",
            _("no survey called %(key)s is on: nothing shows here") % {"key": str(block["fields"]["survey"])[:40]},
            fix,
            block=str(block.get("id") or ""),
        )
        for block in named
        if str(block["fields"]["survey"]).strip() not in known
    ]
