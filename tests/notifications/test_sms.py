"""What an SMS costs."""

import pytest

from notifications.sms import Size, normalise, segments


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("a" * 160, Size("GSM-7", 160, 1)),
        ("a" * 161, Size("GSM-7", 161, 2)),
        ("a" * 306, Size("GSM-7", 306, 2)),
        ("a" * 307, Size("GSM-7", 307, 3)),
        ("äöüßÄÖÜéèàñ", Size("GSM-7", 11, 1)),
        ("€" * 80, Size("GSM-7", 160, 1)),
        ("€" * 81, Size("GSM-7", 162, 2)),
        # An escape pair is not split: 76 pairs fit into 153 septets, the 77th opens the next segment.
        ("€" * 153, Size("GSM-7", 306, 3)),
        ("您" * 70, Size("UCS-2", 70, 1)),
        ("您" * 71, Size("UCS-2", 71, 2)),
        ("您" * 134, Size("UCS-2", 134, 2)),
        ("ç", Size("UCS-2", 1, 1)),
        ("’" + "a" * 70, Size("UCS-2", 71, 2)),
        ("🎁" * 35, Size("UCS-2", 70, 1)),
        ("🎁" * 36, Size("UCS-2", 72, 2)),
        ("", Size("GSM-7", 0, 1)),
    ],
)
def test_segments(text: str, size: Size) -> None:
    assert segments(text) == size


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("It’s “here” – now…", 'It\'s "here" - now...'),
        ("6:00\u202fPM", "6:00 PM"),
        ("12,00\u00a0€", "12,00 €"),
        ("Mastercard •••• 7702", "Mastercard **** 7702"),
        ("e\u0301", "é"),
        ("您的订单“1001”…", "您的订单“1001”…"),
        ("  x  ", "x"),
    ],
)
def test_smart_marks_become_plain_where_that_saves_money(text: str, plain: str) -> None:
    assert normalise(text) == plain
