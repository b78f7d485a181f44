"""The two gates of a run: is what arrived what the sources promise, and may what was built be published."""
