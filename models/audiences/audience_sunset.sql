{{ audience("sunset", ["tier", "orders", "last_order_date"]) }}
