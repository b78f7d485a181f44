"""Where audiences go: e-mail tools that hold copies of them. Nothing here writes consent."""
