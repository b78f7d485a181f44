"""Clients against fakes that hold them to the vendors' own specs."""
