{{ audience("community", ["tier", "orders", "last_order_date"]) }}
