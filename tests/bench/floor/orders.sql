-- floor: intermediate.int_orders__current
-- Only ids that came more than once are ranked; no future orders, no bookkeeping.
create table intermediate.int_orders__current as
with repeated as (
    select distinct order_id from staging.stg_drop__orders where has_other_version
),
ranked as (
    select
        *,
        row_number() over (
            partition by order_id
            order by
                coalesce(updated_at > {as_of}, false),
                case when updated_at > {as_of} then updated_at end,
                updated_at desc nulls last, load_id desc, file_index desc, row_number desc
        ) as version_rank
    from staging.stg_drop__orders
    where order_id in (from repeated)
),
versions as (
    select * from staging.stg_drop__orders where order_id not in (from repeated)
    union all
    select * exclude (version_rank) from ranked where version_rank = 1
)
select
    'drop:' || order_id as order_key,
    'drop' as source,
    order_id,
    ordered_at,
    cast(timezone({zone}, timezone('UTC', ordered_at)) as date) as order_date,
    customer_id,
    email,
    phone,
    first_name,
    coalesce(currency, {currency}) as currency,
    coalesce(channel, 'own_store') as channel,
    acquisition_source,
    discount_codes,
    referral_code,
    case when cancelled_at <= {as_of} then cancelled_at end as cancelled_at,
    coalesce(is_test, false) as is_test,
    financial_status,
    coalesce(order_discount, 0::decimal(18, 4)) as order_discount,
    coalesce(tax, 0::decimal(18, 4)) as tax,
    coalesce(shipping, 0::decimal(18, 4)) as shipping,
    ship_country,
    ship_region,
    exchange_of_order_id,
    coalesce(order_type, 'one_time') as order_type,
    load_id,
    file_index,
    row_number
from versions
where ordered_at <= {as_of};

-- floor: intermediate.int_orders__lines
create table intermediate.int_orders__lines as
with repeated as (
    select distinct order_id, line_id from staging.stg_drop__order_lines where has_other_version
),
ranked as (
    select
        *,
        row_number() over (
            partition by order_id, line_id
            order by
                coalesce(updated_at > {as_of}, false),
                case when updated_at > {as_of} then updated_at end,
                updated_at desc nulls last, load_id desc, file_index desc, row_number desc
        ) as version_rank
    from staging.stg_drop__order_lines as lines
    semi join repeated on lines.order_id = repeated.order_id and lines.line_id = repeated.line_id
),
versions as (
    select * from staging.stg_drop__order_lines as lines
    anti join repeated on lines.order_id = repeated.order_id and lines.line_id = repeated.line_id
    union all
    select * exclude (version_rank) from ranked where version_rank = 1
),
mixed as (
    select order_id, max(updated_at) as newest_stamp, max(load_id) as newest_load
    from versions
    group by order_id
    having
        max(updated_at) <> min(updated_at)
        or count(updated_at) between 1 and count(*) - 1
        or max(load_id) <> min(load_id)
),
refunded as (
    select order_id, line_id, sum(coalesce(quantity, 0)) as quantity
    from intermediate.int_orders__current_refunds
    where line_id is not null
    group by all
)
select
    'drop:' || lines.order_id as order_key,
    lines.line_id,
    lines.source,
    lines.variant_id,
    lines.sku,
    coalesce(lines.product_id, products.product_id) as product_id,
    coalesce(lines.product_title, products.product_title) as product_title,
    products.product_type,
    products.category_class,
    lines.quantity,
    greatest(lines.quantity - coalesce(refunded.quantity, 0), 0) as kept_quantity,
    lines.unit_price,
    coalesce(lines.is_gift_card, false) as is_gift_card,
    rates.exchange_rate,
    orders.order_id is null as is_waiting,
    cast(lines.quantity * lines.unit_price as decimal(18, 4)) as gross_sales_order_currency,
    coalesce(lines.line_discount, 0::decimal(18, 4)) as line_discount_order_currency,
    case when exchange_rate = 1 then gross_sales_order_currency
        else cast(gross_sales_order_currency * exchange_rate as decimal(18, 4)) end as gross_sales,
    case when exchange_rate = 1 then line_discount_order_currency
        else cast(line_discount_order_currency * exchange_rate as decimal(18, 4)) end as line_discount,
    case
        when kept_quantity = 0 then 0::decimal(18, 4)
        when lines.unit_cost is null then cast(kept_quantity * products.unit_cost as decimal(18, 4))
        when exchange_rate = 1 then cast(kept_quantity * lines.unit_cost as decimal(18, 4))
        else cast(kept_quantity * lines.unit_cost * exchange_rate as decimal(18, 4))
    end as cost_of_kept
from versions as lines
left join intermediate.int_orders__current as orders on lines.order_id = orders.order_id
left join mixed on lines.order_id = mixed.order_id
left join intermediate.int_products__current as products on lines.variant_id = products.variant_id
left join intermediate.int_orders__rates as rates
    on orders.order_date = rates.rate_date and orders.currency = rates.currency
left join refunded on lines.order_id = refunded.order_id and lines.line_id = refunded.line_id
where
    mixed.order_id is null
    or lines.updated_at = mixed.newest_stamp
    or (
        mixed.newest_stamp is null
        and (orders.load_id is null or lines.load_id >= orders.load_id or mixed.newest_load < orders.load_id)
    );

-- floor: marts.fct_orders
create table marts.fct_orders as
select
    orders.order_key,
    orders.source,
    orders.order_id,
    persons.person_id,
    persons.is_identified,
    orders.order_type,
    orders.ordered_at,
    orders.order_date,
    orders.channel,
    orders.acquisition_source,
    orders.ship_country,
    amounts.product_type,
    amounts.invalid_reason is null as is_valid,
    amounts.invalid_reason,
    case
        when amounts.invalid_reason is null
            then row_number() over (
                partition by persons.person_id, amounts.invalid_reason is null
                order by orders.ordered_at, orders.source, orders.order_id
            )
    end as order_sequence,
    coalesce(order_sequence > 1, false) as is_repeat,
    amounts.gross_sales,
    amounts.discounts,
    amounts.returns,
    cast(amounts.gross_sales - amounts.discounts - amounts.returns as decimal(18, 4)) as net_sales,
    cast(amounts.gross_sales - amounts.discounts - amounts.returns - amounts.cost_of_kept as decimal(18, 4))
        as gross_margin,
    amounts.gift_card_sales,
    amounts.tax,
    amounts.shipping,
    orders.currency,
    amounts.exchange_rate,
    coalesce(amounts.discounts >= amounts.gross_sales * 0.1 and amounts.gross_sales > 0, false) as is_discounted,
    coalesce(amounts.returns > amounts.gross_sales - amounts.discounts, false) as is_refunded_beyond_value,
    referred.order_key is not null as is_referred
from intermediate.int_orders__current as orders
inner join intermediate.int_identity__record_persons as persons on orders.order_key = persons.record_key
inner join intermediate.int_orders__amounts as amounts on orders.order_key = amounts.order_key
left join intermediate.int_referral__orders as referred on orders.order_key = referred.order_key;
