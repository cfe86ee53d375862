"""Reviews in the admin: the plan, its rules, surveys, themes, files brought along, and reviews to look up."""

from reviews.admin.imports import ReviewImportAdmin
from reviews.admin.plan import ReviewPlanAdmin, ReviewRuleAdmin
from reviews.admin.reviews import ReviewAdmin
from reviews.admin.surveys import SurveyAdmin
from reviews.admin.themes import ThemeAdmin

__all__ = ["ReviewAdmin", "ReviewImportAdmin", "ReviewPlanAdmin", "ReviewRuleAdmin", "SurveyAdmin", "ThemeAdmin"]
