"""Smile.io: members, their points and their tiers."""
