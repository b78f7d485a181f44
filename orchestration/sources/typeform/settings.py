"""Which of a shop's Typeform forms are surveys of customers, and what in them means what."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from orchestration.sources.source import Secret, SourceSettings

TOKEN = Secret("TYPEFORM_TOKEN", "personal access token (Typeform, Account, Personal tokens) with responses:read")


class Form(BaseModel):
    """One form.

    `score` and `comment` name a question by its `ref` or id; left out, the score is the one question of Typeform's
    type for it (opinion scale or NPS for nps, rating for csat) and the comment the first answer in words. `order_id`,
    `email` and `customer_id` are the hidden fields that hold them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    survey_type: Literal["nps", "csat", "other"]
    score: str | None = None
    comment: str | None = None
    order_id: str = "order_id"
    email: str = "email"
    customer_id: str = "customer_id"


class TypeformSettings(SourceSettings):
    """`forms` maps form ids to what they ask. EU data centre: `url` is https://api.eu.typeform.com."""

    forms: Annotated[dict[str, Form], Field(min_length=1)]
