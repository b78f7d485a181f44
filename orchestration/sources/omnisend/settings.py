"""What a shop says about its Omnisend brand: nothing but what every source may be told."""

from orchestration.sources.source import Secret, SourceSettings

KEY = Secret(
    "OMNISEND_API_KEY",
    "API key (Omnisend, Store settings, API keys) that may read contacts, campaigns and automations",
)


class OmnisendSettings(SourceSettings):
    """The key says which brand it is."""
