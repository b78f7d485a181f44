"""What a shop says about its Yotpo account."""

from typing import Annotated

from pydantic import Field

from orchestration.sources.source import Secret, SourceSettings

SECRET_KEY = Secret("YOTPO_SECRET_KEY", "secret key (Yotpo, Settings, Store Settings, Get secret key)")


class YotpoSettings(SourceSettings):
    """`app_key` is the store's app key, also called store id."""

    app_key: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]
