select
    order_row_number as _row_number,
    _other,
    export_version,
    name as order_name,
    order_id,
    created_at as ordered_at,
    email,
    ltrim(phone, '''') as phone,
    nullif(regexp_extract(billing_name, '^\s*(\S+)', 1), '') as first_name,
    nullif(regexp_extract(billing_name, '^\s*\S+\s+(.*\S)\s*$', 1), '') as last_name,
    currency,
    -- "Source" is web, pos, shopify_draft_order, an app's number, or the name of a marketplace's connector.
    case
        when regexp_matches(lower(order_source), 'amazon') then 'amazon'
        when regexp_matches(lower(order_source), 'tiktok') then 'tiktok_shop'
        when regexp_matches(lower(order_source), 'walmart') then 'walmart'
        when regexp_matches(lower(order_source), 'ebay') then 'ebay'
        when regexp_matches(lower(order_source), 'etsy') then 'etsy'
        when lower(order_source) = 'pos' then 'pos'
    end as channel,
    regexp_replace(discount_code, '\s*,\s*', ';', 'g') as discount_codes,
    cancelled_at,
    -- Shopify's own test gateway; Shopify Payments in test mode leaves no mark in the export.
    cast(coalesce(regexp_matches(lower(payment_method), 'bogus'), false) as varchar) as is_test,
    financial_status,
    cast(cast(round(discount_share * untaxed_value, 4) as decimal(18, 4)) as varchar) as order_discount,
    cast(taxes as varchar) as tax,
    cast(cast(round(shipping * (1 - included_rate), 4) as decimal(18, 4)) as varchar) as shipping,
    cast(tip as varchar) as tip,
    case when regexp_matches(lower(payment_method), '^gift.?card$') then cast(total as varchar) end
        as gift_card_payment,
    shipping_country as ship_country,
    shipping_province as ship_region,
    -- The tags that subscription and wholesale apps put on their orders.
    case
        when regexp_matches(lower(tags), 'subscription first order') then 'subscription_first'
        when regexp_matches(lower(tags), 'subscription recurring order|recurring order') then 'subscription_renewal'
        when regexp_matches(lower(tags), '(^|,)\s*wholesale\s*(,|$)') then 'wholesale'
    end as order_type
from prepared
where line_number = 1
