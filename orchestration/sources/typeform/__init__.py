"""Typeform: answers to a shop's own surveys."""
