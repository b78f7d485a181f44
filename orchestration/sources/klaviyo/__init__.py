"""Klaviyo: message events, profiles with consent, and the names of flows, messages, campaigns, metrics and lists."""
