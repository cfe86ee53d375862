"""SPF, DKIM and DMARC: what a provider needs in the sender's domain, and what was found there."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

FOUND, MISSING, WRONG, UNKNOWN = "found", "missing", "wrong", "unknown"
Answer = Sequence[str] | None  # None: it could not be looked up


@dataclass(frozen=True, slots=True)
class Need:
    """A record to be there; `value` is what to copy into the domain's settings, `proof` what a right one holds."""

    what: str  # SPF, DKIM, DMARC or Return-Path
    type: str
    name: str
    value: str
    proof: str


@dataclass(frozen=True, slots=True)
class Record:
    """A needed record and how it stands."""

    what: str
    type: str
    name: str
    value: str
    state: str
    found: str = ""
    note: str = ""

    def as_json(self) -> dict[str, str]:
        return asdict(self)


INCLUDES = {"mailgun": "mailgun.org", "sendgrid": "sendgrid.net", "ses": "amazonses.com"}


def needs_of(provider: str, domain: str, named: Sequence[tuple[str, str, str]] = ()) -> list[Need]:
    """The records mail of `domain` needs to be believed; `named`: those the provider told us itself (type, name, value)."""
    if provider == "sandbox":
        return []
    needs = [
        Need(_what(name, value), type, name.lower(), value, _proof(type, value)) for type, name, value in named if type in ("TXT", "CNAME")
    ]
    known = {need.what for need in needs}
    if "SPF" not in known:
        needs += _spf(provider, domain)
    if "DKIM" not in known:
        needs += _dkim(provider, domain)
    if provider == "postmark":
        needs.append(Need("Return-Path", "CNAME", f"pm-bounces.{domain}", "pm.mtasv.net", "pm.mtasv.net"))
    return [*needs, Need("DMARC", "TXT", f"_dmarc.{domain}", f"v=DMARC1; p=none; rua=mailto:postmaster@{domain}", "v=dmarc1")]


def _what(name: str, value: str) -> str:
    return "DKIM" if "_domainkey" in name else "SPF" if value.lower().startswith("v=spf1") else "Return-Path"


def _proof(type: str, value: str) -> str:
    if type == "CNAME":
        return value.lower().rstrip(".")
    return next((word for word in value.lower().split() if word.startswith("include:")), "p=")


def _spf(provider: str, domain: str) -> list[Need]:
    include = INCLUDES.get(provider)
    if include:
        return [Need("SPF", "TXT", domain, f"v=spf1 include:{include} ~all", f"include:{include}")]
    # A mail server of one's own is named by its operator; Postmark answers for its own return path.
    return [Need("SPF", "TXT", domain, "v=spf1 mx ~all", "v=spf1")] if provider == "smtp" else []


def _dkim(provider: str, domain: str) -> list[Need]:
    if provider == "sendgrid":
        # The targets hold the account's number, which only SendGrid knows.
        return [Need("DKIM", "CNAME", f"s{n}._domainkey.{domain}", "", ".sendgrid.net") for n in (1, 2)]
    return []


def judge(need: Need, answer: Answer) -> Record:
    """How a needed record stands by what the look-up gave."""
    base = {"what": need.what, "type": need.type, "name": need.name, "value": need.value}
    if answer is None:
        return Record(**base, state=UNKNOWN, note="could not be looked up")
    mine = [text for text in answer if _concerns(need, text)]
    if not mine:
        return Record(**base, state=MISSING)
    if need.what == "SPF":
        return _judge_spf(need, mine)
    if need.type == "TXT" and need.what == "DKIM":
        is_right = any(_key(text) for text in mine)
        return Record(
            **base, state=FOUND if is_right else WRONG, found=mine[0], note="" if is_right else "the key is empty: it was withdrawn"
        )
    is_right = any(need.proof in text.lower() for text in mine)
    more = len(mine) > 1 and need.what == "DMARC"
    note = "two DMARC records: neither counts" if more else "" if is_right else "points elsewhere"
    return Record(**base, state=FOUND if is_right and not more else WRONG, found=mine[0], note=note)


def _concerns(need: Need, text: str) -> bool:
    start = {"SPF": "v=spf1", "DMARC": "v=dmarc1"}.get(need.what, "") if need.type == "TXT" else ""
    return text.lower().lstrip().startswith(start)


def _key(text: str) -> str:
    return next((part.partition("=")[2].strip() for part in text.split(";") if part.strip().lower().startswith("p=")), "")


def _judge_spf(need: Need, mine: Sequence[str]) -> Record:
    text = mine[0]
    base: Mapping[str, str] = {"what": need.what, "type": need.type, "name": need.name, "found": text}
    if len(mine) > 1:
        return Record(**base, value=need.value, state=WRONG, note="two SPF records: neither counts; make one of them")
    words = text.lower().split()
    if "+all" in words or "all" in words:
        return Record(**base, value=need.value, state=WRONG, note="it lets everybody send in your name")
    if need.proof not in words and need.proof != "v=spf1":
        return Record(**base, value=_with(text, need.proof), state=WRONG, note="it does not name the provider")
    return Record(**base, value=need.value, state=FOUND)


def _with(text: str, include: str) -> str:
    """The shop's own record with the provider added before its end."""
    words = text.split()
    return " ".join([*words[:-1], include, words[-1]] if words[-1].lower().endswith("all") else [*words, include])
