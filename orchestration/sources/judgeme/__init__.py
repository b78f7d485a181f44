"""Judge.me: a shop's product reviews."""
