"""Second Order: the open warehouse for the time after purchase."""

from orchestration.preflight import disable_telemetry

# Here, because tools read the environment when they are imported.
disable_telemetry()
