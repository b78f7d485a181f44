"""What a shop says about its Amazon seller account."""

from typing import Annotated, Literal

from pydantic import Field

from orchestration.sources.source import Secret, SourceSettings

CLIENT_ID = Secret("AMAZON_LWA_CLIENT_ID", "Login with Amazon client id of your private Selling Partner application")
CLIENT_SECRET = Secret("AMAZON_LWA_CLIENT_SECRET", "Login with Amazon client secret of that application")
REFRESH_TOKEN = Secret("AMAZON_REFRESH_TOKEN", "refresh token that authorises the application for the seller account")


class AmazonSettings(SourceSettings):
    """`region` is where the marketplaces are: na, eu or fe (Far East); `marketplace_ids` are such as ATVPDKIKX0DER.

    `recipient` asks for where orders go: only country and state are kept. It needs a restricted role, and without one
    Amazon refuses the whole request. `login_url` replaces the address of Login with Amazon.
    """

    region: Literal["na", "eu", "fe"]
    marketplace_ids: Annotated[tuple[str, ...], Field(min_length=1, max_length=50)]
    recipient: bool = False
    login_url: Annotated[str | None, Field(pattern=r"^https?://[^\s@]+$")] = None
