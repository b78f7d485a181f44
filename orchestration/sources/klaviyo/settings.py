"""What a shop may say about Klaviyo, and the secret it needs."""

from orchestration.sources.source import Secret, SourceSettings

SECRETS = (
    Secret(
        "KLAVIYO_API_KEY",
        "private API key with the scopes events:read, profiles:read, flows:read, campaigns:read, metrics:read and "
        "lists:read (Klaviyo: Settings, API keys)",
    ),
)


class KlaviyoSettings(SourceSettings):
    """`sources.klaviyo` in shop.yml."""
