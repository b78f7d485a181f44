"""What a shop says about its Judge.me account."""

from typing import Annotated

from pydantic import Field

from orchestration.sources.source import Secret, SourceSettings

TOKEN = Secret(
    "JUDGEME_API_TOKEN",
    "private API token (Judge.me, Settings, Integrations, View API tokens)",
)


class JudgemeSettings(SourceSettings):
    """`shop_domain` is the shop's own, such as example.myshopify.com."""

    shop_domain: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*\.[a-z]+$")]
