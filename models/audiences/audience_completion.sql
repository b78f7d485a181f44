{{ audience("completion", [
    "tier", "order_date", "product_id", "product_title", "product_url", "product_image_url", "next_product_id",
    "next_product_title", "next_product_url", "next_product_image_url", "next_product_price",
]) }}
