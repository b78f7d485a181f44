"""Amazon: a seller's orders."""
