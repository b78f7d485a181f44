"""Who will come back, and what they will spend: models of repeat purchase fitted on counted cells, never on persons."""
