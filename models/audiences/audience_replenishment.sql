{{ audience("replenishment", [
    "tier", "due_date as run_out_date", "next_product_id", "next_product_title", "next_product_url",
    "next_product_image_url", "next_product_price",
]) }}
