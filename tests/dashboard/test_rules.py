import pytest

from dashboard.rules import Figures, duration, icon_of, sentence, tone_of
from notifications.types import MessageState


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        (Figures(), "All messages are out."),
        (Figures(waits_for_account=3), "All messages are out. 3 wait for a provider account."),
        (Figures(waits_for_account=1), "All messages are out. 1 waits for a provider account."),
        (Figures(waiting=1), "1 message is on its way out."),
        (Figures(waiting=7, oldest_seconds=60), "7 messages are on their way out."),
        (Figures(waiting=7, oldest_seconds=61), "7 messages are on their way out. The oldest has waited for 61 s."),
        (Figures(waiting=7, oldest_seconds=600), "7 messages are on their way out. The oldest has waited for 10 min."),
        (Figures(unknown=2), "All messages are out. 2 have an unknown outcome."),
        (Figures(dead_messages=1), "All messages are out. 1 was given up and needs a person."),
        (Figures(dead_messages=1, dead_deliveries=1, dead_inbox=1), "All messages are out. 3 were given up and need a person."),
    ],
)
def test_the_sentence_of_the_day(figures: Figures, said: str) -> None:
    assert sentence(figures) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "119 min"), (7200, "2 h"), (172_799, "47 h"), (172_800, "2 days")],
)
def test_waiting_times_are_said_in_the_unit_people_use(seconds: int, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize("state", MessageState.values)
def test_every_state_has_a_tone_and_an_icon(state: str) -> None:
    assert tone_of(state) in {"good", "warn", "bad", "info", "idle"}
    assert icon_of(state)
