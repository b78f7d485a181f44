"""Omnisend: contacts with their consent, campaigns and automations."""
