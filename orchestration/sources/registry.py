"""All sources there are, and those a shop has configured."""

from dataclasses import dataclass
from typing import Any

from orchestration.configured import secrets_of, settings_of
from orchestration.shop import Shop
from orchestration.sources.amazon.resources import SOURCE as AMAZON
from orchestration.sources.http import Clock, SystemClock
from orchestration.sources.judgeme.resources import SOURCE as JUDGEME
from orchestration.sources.klaviyo.resources import SOURCE as KLAVIYO
from orchestration.sources.omnisend.resources import SOURCE as OMNISEND
from orchestration.sources.shopify.resources import SOURCE as SHOPIFY
from orchestration.sources.smile.resources import SOURCE as SMILE
from orchestration.sources.source import Source, SourceSettings
from orchestration.sources.typeform.resources import SOURCE as TYPEFORM
from orchestration.sources.yotpo.resources import SOURCE as YOTPO
from orchestration.sources.yotpo_loyalty.resources import SOURCE as YOTPO_LOYALTY

SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        SHOPIFY,
        KLAVIYO,
        OMNISEND,
        JUDGEME,
        YOTPO,
        TYPEFORM,
        AMAZON,
        SMILE,
        YOTPO_LOYALTY,
    )
}


@dataclass(frozen=True)
class Configured:
    """A source a shop has named in shop.yml, with its settings."""

    source: Source
    settings: SourceSettings
    shop: Shop

    def connect(self, clock: Clock | None = None) -> Any:
        """The source's client.

        Raises:
            UserError: a secret isn't set.
        """
        values = secrets_of(self.shop, self.source.name, self.source.secrets)
        return self.source.connect(self.settings, values, clock or SystemClock())


def configured_sources(shop: Shop) -> list[Configured]:
    """The shop's sources in the order they are registered.

    Raises:
        UserError: shop.yml names a source there isn't, or a setting is wrong.
    """
    settings = settings_of(shop, "sources", {name: source.settings for name, source in SOURCES.items()})
    return [Configured(SOURCES[name], chosen, shop) for name, chosen in settings.items()]
