"""What is remembered of audiences and holdouts from one published version to the next."""
