"""What this room publishes. Payloads hold ids only, under the names given here."""

REQUEST_DUE = "reviews.request.due"  # request
REQUEST_REMINDER_DUE = "reviews.request.reminder_due"  # request
REQUEST_DEFERRED = "reviews.request.deferred"  # request
SURVEY_DUE = "reviews.survey.due"  # invite
SURVEY_ANSWERED = "reviews.survey.answered"  # answer
REVIEW_WRITTEN = "reviews.review.written"  # review, order, is_first
REVIEW_EDITED = "reviews.review.edited"  # review
REVIEW_PUBLISHED = "reviews.review.published"  # review
REVIEW_REJECTED = "reviews.review.rejected"  # review
REVIEW_RESTORED = "reviews.review.restored"  # review: a decision was taken back, it waits again
REVIEW_WITHDRAWN = "reviews.review.withdrawn"  # review
REVIEW_REPLIED = "reviews.review.replied"  # review
REVIEW_IMPORTED = "reviews.review.imported"  # review: brought along from another system, counted already
PHOTO_DECIDED = "reviews.photo.decided"  # photo, review
NOTE_WRITTEN = "reviews.note.written"  # note, review: by staff
NOTE_RECEIVED = "reviews.note.received"  # note, review: by the author
PARCEL_RATED = "reviews.parcel.rated"  # rating, shipment
TASK_OPENED = "reviews.task.opened"  # task
TASK_CLOSED = "reviews.task.closed"  # task
THEME_DONE = "reviews.theme.done"  # theme, mark
THANKS_GIVEN = "reviews.thanks.given"  # review, coupon
