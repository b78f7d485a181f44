"""Yotpo Loyalty: points, tiers and referral codes of the members a shop names."""
