"""All sources there are, and those a shop has configured."""

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from orchestration.errors import UserError
from orchestration.shop import REPOSITORY, Shop
from orchestration.sources.amazon.resources import SOURCE as AMAZON
from orchestration.sources.http import Clock, SystemClock
from orchestration.sources.judgeme.resources import SOURCE as JUDGEME
from orchestration.sources.klaviyo.resources import SOURCE as KLAVIYO
from orchestration.sources.omnisend.resources import SOURCE as OMNISEND
from orchestration.sources.secrets import read_secrets
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
        variables = [(secret.variable, secret.what) for secret in self.source.secrets]
        values = read_secrets(self.source.name, variables, (self.shop.folder, REPOSITORY))
        return self.source.connect(self.settings, values, clock or SystemClock())


def configured_sources(shop: Shop) -> list[Configured]:
    """The shop's sources in the order they are registered.

    Raises:
        UserError: shop.yml names a source there isn't, or a setting is wrong.
    """
    file = shop.folder / "shop.yml"
    unknown = sorted(set(shop.sources) - set(SOURCES))
    if unknown:
        raise UserError(f"{file}: sources.{unknown[0]}: no such source; there are {', '.join(sorted(SOURCES))}")
    found = []
    for name, source in SOURCES.items():
        if name not in shop.sources:
            continue
        try:
            settings = source.settings.model_validate(shop.sources[name] or {}, context={"folder": shop.folder})
        except ValidationError as error:
            # Only place and reason: a value could be a secret in the wrong file.
            problems = "; ".join(
                f"sources.{'.'.join([name, *(str(part) for part in problem['loc'])])}: {problem['msg']}"
                for problem in error.errors(include_input=False, include_url=False)
            )
            raise UserError(f"{file}: {problems}") from None
        found.append(Configured(source, settings, shop))
    return found
