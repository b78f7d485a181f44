{{ audience("onboarding", [
    "tier", "order_date", "product_id", "product_title", "product_url", "product_image_url", "delivered_date",
    "product_type",
]) }}
