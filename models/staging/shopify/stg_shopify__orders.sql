-- Amounts are the shop's money; what the customer saw in another currency stays in raw.
{{ config(materialized='table') }}

with orders as (

    {{ shopify_kept('orders') }}

),

facts as (

    select
        id,
        {{ shopify_id('id') }} as order_id,
        payload,
        updated_at,
        _loaded_at,
        _row,
        lower(json_extract_string(payload, '$.sourceName')) as source_name,
        list_transform(
            json_extract_string(payload, '$.tags[*]'),
            lambda tag: lower(trim(tag))
        ) as tags,
        json_extract_string(payload, '$.discountCodes[*]') as codes,
        nullif(trim(json_extract_string(payload, '$.customerJourneySummary.firstVisit.utmParameters.source')), '')
            as utm_source,
        nullif(trim(json_extract_string(payload, '$.customerJourneySummary.firstVisit.source')), '') as visit_source,
        len(json_extract_string(payload, '$.lineItems.nodes[*].sellingPlan.name')) > 0 as has_selling_plan,
        json_extract_string(payload, '$.purchasingEntity.__typename') = 'PurchasingCompany' as is_company
    from orders

),

origins as (

    -- Where an order comes from is told in three places, depending on who made it.
    select
        id,
        source_name as origin
    from facts
    union all
    select
        id,
        lower(json_extract_string(payload, '$.attribution.handle')) as origin
    from facts
    union all
    select
        id,
        lower(json_extract_string(payload, '$.app.name')) as origin
    from facts

),

channels as (

    select
        origins.id,
        min_by(channels.channel, channels.priority) as channel
    from origins
    inner join {{ ref('shopify_channels') }} as channels
        on origins.origin like channels.origin_pattern
    group by origins.id

),

tag_meanings as (

    select
        facts.id,
        bool_or(tags.meaning = 'exchange') as is_exchange,
        bool_or(tags.meaning = 'subscription_first') as is_subscription_first,
        bool_or(tags.meaning = 'subscription_renewal') as is_subscription_renewal,
        bool_or(tags.meaning = 'wholesale') as is_wholesale
    from facts
    inner join {{ ref('shopify_order_tags') }} as tags
        on list_contains(facts.tags, tags.tag)
    group by facts.id

),

discounts as (

    {{ shopify_kept('discounts') }}

),

referral_codes as (

    -- Referral tools give out codes of a discount that says so in its title or tags.
    select distinct lower(json_extract_string(code, '$.code')) as code
    from (
        select {{ shopify_members('payload', '$.codes.nodes') }} as code
        from discounts
        where
            lower(json_extract_string(payload, '$.discount.title')) like '%referral%'
            or lower(cast(json_extract(payload, '$.discount.tags') as varchar)) like '%referral%'
    ) as listed

),

codes as (

    select
        id,
        {{ shopify_members('payload', '$.discountCodes') }} as code
    from orders

),

referrals as (

    select
        codes.id,
        min(json_extract_string(codes.code, '$')) as referral_code
    from codes
    inner join referral_codes
        on lower(json_extract_string(codes.code, '$')) = referral_codes.code
    group by codes.id

),

details as (

    select
        id,
        max(json_extract_string(detail, '$.value')) as original_order
    from (
        select
            id,
            {{ shopify_members('payload', '$.customAttributes') }} as detail
        from orders
    ) as listed
    where
        replace(replace(lower(json_extract_string(detail, '$.key')), ' ', '_'), '-', '_')
        in ('original_order_id', 'exchange_of_order_id', '_original_order_id')
    group by id

),

payments as (

    -- An authorisation isn't a payment; a sale and a capture each are one.
    select
        id,
        {{ money('sum(' ~ shopify_money('payment', '$.amountSet') ~ ')') }} as gift_card_payment
    from (
        select
            id,
            {{ shopify_members('payload', '$.transactions') }} as payment
        from orders
    ) as listed
    where
        json_extract_string(payment, '$.gateway') = 'gift_card'
        and json_extract_string(payment, '$.status') = 'SUCCESS'
        and json_extract_string(payment, '$.kind') in ('SALE', 'CAPTURE')
    group by id

)

select
    'shopify' as source,
    facts.order_id,
    -- Imported orders were created on the day of the import and processed when they were placed.
    {{ to_utc("json_extract_string(facts.payload, '$.processedAt')") }} as ordered_at,
    {{ shopify_id("json_extract_string(facts.payload, '$.customer.id')") }} as customer_id,
    nullif(lower(trim(json_extract_string(facts.payload, '$.email'))), '') as email,
    nullif(trim(json_extract_string(facts.payload, '$.phone')), '') as phone,
    nullif(trim(json_extract_string(facts.payload, '$.customer.firstName')), '') as first_name,
    nullif(trim(json_extract_string(facts.payload, '$.customer.lastName')), '') as last_name,
    json_extract_string(facts.payload, '$.currencyCode') as currency,
    channels.channel,
    coalesce(facts.utm_source, facts.visit_source) as acquisition_source,
    nullif(array_to_string(facts.codes, ';'), '') as discount_codes,
    referrals.referral_code,
    {{ to_utc("json_extract_string(facts.payload, '$.cancelledAt')") }} as cancelled_at,
    cast(json_extract_string(facts.payload, '$.test') as boolean) as is_test,
    lower(json_extract_string(facts.payload, '$.displayFinancialStatus')) as financial_status,
    -- All discounts, those on the whole order too, are allocated to lines and counted there.
    {{ money('0') }} as order_discount,
    {{ shopify_money('facts.payload', '$.totalTaxSet') }} as tax,
    cast(
        {{ shopify_money('facts.payload', '$.shippingLine.discountedPriceSet') }}
        - case
            when cast(json_extract_string(facts.payload, '$.taxesIncluded') as boolean)
                then {{ money(
                    shopify_sum('facts.payload', '$.shippingLine.taxLines[*].priceSet.shopMoney.amount')
                ) }}
            else 0
        end
        as decimal(18, 4)
    ) as shipping,
    {{ shopify_money('facts.payload', '$.totalTipReceivedSet') }} as tip,
    payments.gift_card_payment,
    json_extract_string(facts.payload, '$.shippingAddress.countryCodeV2') as ship_country,
    json_extract_string(facts.payload, '$.shippingAddress.provinceCode') as ship_region,
    -- An exchange whose first order isn't named is one all the same.
    case when tag_meanings.is_exchange then coalesce(details.original_order, 'unknown') end
        as exchange_of_order_id,
    case
        when facts.is_company or tag_meanings.is_wholesale then 'wholesale'
        when facts.source_name = 'subscription_contract' or tag_meanings.is_subscription_renewal
            then 'subscription_renewal'
        when
            facts.source_name = 'subscription_contract_checkout_one'
            or tag_meanings.is_subscription_first
            or facts.has_selling_plan
            then 'subscription_first'
    end as order_type,
    {{ api_provenance('facts') }}
from facts
left join channels
    on facts.id = channels.id
left join tag_meanings
    on facts.id = tag_meanings.id
left join referrals
    on facts.id = referrals.id
left join details
    on facts.id = details.id
left join payments
    on facts.id = payments.id
