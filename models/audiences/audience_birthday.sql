{{ audience("birthday", ["tier", "due_date as birthday_date"]) }}
