"""What a shop says about its Shopify shop, and the secret that takes."""

from typing import Annotated, Final

from pydantic import Field

from orchestration.sources.source import Secret, SourceSettings

NAME: Final = "shopify"
API_VERSION: Final = "2026-10"

ACCESS_TOKEN: Final = Secret(
    "SHOPIFY_ACCESS_TOKEN",
    "the Admin API access token of a custom app (Shopify admin, Settings, Apps, Develop apps)",
)


class ShopifySettings(SourceSettings):
    """`sources.shopify` in shop.yml.

    `shop` is the shop's own domain at Shopify. Up to `page_limit` changed records are read by pages, which cost points;
    more by a bulk operation, which costs none but takes minutes to start.
    """

    shop: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*\.myshopify\.com$")]
    page_limit: Annotated[int, Field(gt=0, le=20_000)] = 2_000
