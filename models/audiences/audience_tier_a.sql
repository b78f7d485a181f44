{{ audience("tier_a", ["tier", "orders", "first_order_date", "last_order_date"]) }}
