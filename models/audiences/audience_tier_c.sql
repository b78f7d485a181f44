{{ audience("tier_c", ["tier", "orders", "first_order_date", "last_order_date"]) }}
