{{ audience("season_ahead", ["tier", "due_date as season_date"]) }}
