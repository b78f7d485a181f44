"""What a shop says about its Smile.io programme: nothing but what every source may be told."""

from orchestration.sources.source import Secret, SourceSettings

TOKEN = Secret("SMILE_API_KEY", "private API key (Smile.io, Settings, Developer tools; Plus and Enterprise plans only)")


class SmileSettings(SourceSettings):
    """The key says which programme it is."""
