"""Pure words and geometry of the staff pages."""

from dashboard.rules.messages import LATE, Figures, duration, icon_of, sentence, tone_of
from notifications.receipts import question_of, reason_of

__all__ = ["LATE", "Figures", "duration", "icon_of", "question_of", "reason_of", "sentence", "tone_of"]
