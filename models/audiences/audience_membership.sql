{{ audience("membership", ["tier", "orders", "last_order_date"]) }}
