{{ audience("tier_b", ["tier", "orders", "first_order_date", "last_order_date"]) }}
