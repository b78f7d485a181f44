{{ audience("thank_you", [
    "tier", "order_date", "product_id", "product_title", "product_url", "product_image_url", "delivered_date",
    "'" ~ audiences_setting("thank_you_after") ~ "' as occasion"
]) }}
