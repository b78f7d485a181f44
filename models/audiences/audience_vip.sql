{{ audience("vip", ["tier", "orders", "last_order_date", "loyalty_tier"]) }}
