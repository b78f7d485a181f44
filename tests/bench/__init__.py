"""Benchmarks: how long and how much memory, measured and printed, never asserted by a test."""
