"""Tables of this room. Stars are not named here: whoever may read them imports `reviews.models.ratings`."""

import reviews.models.ratings  # noqa: F401  makes its tables known
from reviews.models.asking import ReviewPlan, ReviewRequest, ReviewRule
from reviews.models.listening import Theme, ThemeMark, Voice
from reviews.models.reviews import Review, ReviewChange, ReviewImport, ReviewNote, ReviewPhoto, ReviewReply, ReviewVote
from reviews.models.surveys import Survey, SurveyInvite

__all__ = [
    "Review",
    "ReviewChange",
    "ReviewImport",
    "ReviewNote",
    "ReviewPhoto",
    "ReviewPlan",
    "ReviewReply",
    "ReviewRequest",
    "ReviewRule",
    "ReviewVote",
    "Survey",
    "SurveyInvite",
    "Theme",
    "ThemeMark",
    "Voice",
]
