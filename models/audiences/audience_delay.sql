{{ audience("delay", [
    "tier", "order_date", "product_id", "product_title", "product_url", "product_image_url", "promised_date",
]) }}
