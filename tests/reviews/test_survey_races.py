"""Two taps on one link at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connections

from merchants.scope import merchant_scope
from merchants.services import create_merchant
from reviews.models.ratings import SurveyAnswer, SurveyScore
from reviews.tokens import invite_token
from tests.conftest import NOW
from tests.reviews.stage import bought, events
from tests.reviews.test_surveys import answer, invited, page_of, save


def test_two_taps_at_once_are_one_answer(real_commits: None) -> None:
    acme = create_merchant(slug="acme", name="Acme", at=NOW, timezone="Europe/Berlin")
    with merchant_scope(acme.pk):
        save()
        token = invite_token(invited(bought()))
    ready = Barrier(4)

    def tap(value: int) -> None:
        try:
            with merchant_scope(acme.pk):
                page = page_of(token)
                ready.wait()
                answer(page, product=str(value))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(tap, range(1, 5)))
    with merchant_scope(acme.pk):
        assert (SurveyAnswer.objects.count(), SurveyScore.objects.count(), events()) == (1, 1, ["survey.answered"] * 4)
