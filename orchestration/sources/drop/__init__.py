"""Dropped files: a shop's own CSV, JSONL and Parquet files, or one SELECT an entity, into `raw_drop`."""
