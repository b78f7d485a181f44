"""Stateful stand-ins for the outside systems: each keeps data, pages, throttles and fails as the real one does."""
