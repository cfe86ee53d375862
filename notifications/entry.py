"""What is fixed about a kind of message, whatever the merchant has set."""

from dataclasses import dataclass
from datetime import time, timedelta

from customers.types import MARKETING, Channel, Topic
from notifications.types import Kind
from tracking.types import ShipmentStatus as S

HOLD = timedelta(minutes=10)  # several facts within it make one message
CASES = frozenset({"return", "claim", "money", "exchange", "withdrawal"})  # subjects of the room `returns`
FEEDBACK = frozenset({"review_request", "review", "survey_invite", "theme_mark"})  # and of the room `reviews`


@dataclass(frozen=True, slots=True)
class Entry:
    """What is fixed about a kind of message, whatever the merchant has set.

    News of a parcel have a `weight`. They wait out their `hold`; meanwhile newer news of no less weight take their place,
    and lighter news are not told beside them.
    """

    kind: Kind
    channels: tuple[Channel, ...]
    event: str  # "" when staff or another service asks for it
    subject: str  # which row of the event's payload it is about
    transition: str
    lifetime: timedelta  # sent later than this it would only puzzle
    is_mandatory: bool = True  # resent once, flagged, when its outcome stays unknown
    is_switchable: bool = True  # a merchant may turn it off
    is_void_when_cancelled: bool = False
    head_start: timedelta = timedelta()  # priority: how far ahead of the others its place in the queue is
    off: tuple[Channel, ...] = ()  # channels it takes only when the merchant says so
    hold: timedelta = timedelta()
    weight: int = 0
    true_in: frozenset[S] = frozenset()  # the parcel's states in which it is still so; empty: in all
    is_void_when_resolved: bool = False  # its incident over, there is nothing to say
    is_for_today: bool = False
    topic: Topic = Topic.PARCELS
    is_important: bool = True  # sent also to who wants only the important, or pauses
    per: str = (
        ""  # what else tells one fact from the next: the payload's "day", a request's "state", the day "told" by the incident, the "event"
    )
    also: tuple[str, ...] = ()  # other events it follows; the first that comes tells it
    named: str = ""  # what the payload calls its subject, when that is another word
    window: tuple[time, time] | None = None  # the recipient's hours it keeps when the merchant has set none
    is_patient: bool = False  # over a cap it waits a day instead of being withheld
    opens: str = ""  # the part of its context with which a door is opened: kept masked, composed anew at each try, never sent twice

    @property
    def events(self) -> tuple[str, ...]:
        """Every event it follows; none when staff or another service asks for it."""
        return (self.event, *self.also) if self.event else ()

    @property
    def key(self) -> str:
        """Where an event's payload holds the id of its subject."""
        return self.named or self.subject

    @property
    def is_about_case(self) -> bool:
        """About a return, an exchange, a claim, their money, or a withdrawal."""
        return self.subject in CASES

    @property
    def is_about_feedback(self) -> bool:
        """About a question what the shopper thinks, or about what they said."""
        return self.subject in FEEDBACK

    @property
    def is_marketing(self) -> bool:
        return self.topic in MARKETING
