-- One row per row of the export, which is one line item, with the cells of its order beside it: those stand only on
-- the order's first row.
--
-- The export doesn't say whether prices include tax. Its sums do: Total = Subtotal + Shipping + Duties + tips, plus
-- Taxes where they aren't included. Included taxes are taken out by one rate for all taxable lines and shipping,
-- because the export states taxes by order and not by line.
--
-- The discount on goods is what the lines cost less Subtotal: "Discount Amount" may hold a discount on shipping too,
-- and discounts of lines twice. It is never more than "Discount Amount" and the lines' own.
with cells as (

    select
        _row_number,
        _digest,
        _other,
        name,
        lineitem_name,
        lineitem_sku,
        lineitem_quantity,
        lineitem_price,
        try_cast(lineitem_quantity as decimal(18, 4)) as quantity,
        try_cast(lineitem_price as decimal(18, 4)) as listed_price,
        coalesce(try_cast(lineitem_discount as decimal(18, 4)), 0) as listed_discount,
        coalesce(lower(lineitem_taxable), 'true') <> 'false' as is_taxable,
        -- A gift card neither ships nor is taxed; its name says the rest, in the shop's language.
        coalesce(
            lower(lineitem_requires_shipping) = 'false'
            and lower(lineitem_taxable) = 'false'
            and regexp_matches(
                lower(lineitem_name),
                'gift ?-?card|gift voucher|gutschein|geschenkkarte|carte[ -]cadeau|ch[eè]que[ -]cadeau|bon cadeau|'
                || 'tarjeta (de )?regalo|cart[aã]o[ -]presente|vale[ -]presente|buono regalo|carta regalo|cadeaubon|'
                || 'cadeaukaart|presentkort|gavekort|ギフトカード|礼品卡|禮物卡|기프트 ?카드'
            ),
            false
        ) as is_gift_card,
        row_number() over (partition by name order by _row_number) as line_number,
        min(_row_number) over (partition by name) as order_row_number,
        coalesce(ltrim(max(id) over (partition by name), ''''), name) as order_id,
        max(email) over (partition by name) as email,
        max(phone) over (partition by name) as phone,
        max(financial_status) over (partition by name) as financial_status,
        max(fulfillment_status) over (partition by name) as fulfillment_status,
        max(created_at) over (partition by name) as created_at,
        max(paid_at) over (partition by name) as paid_at,
        max(fulfilled_at) over (partition by name) as fulfilled_at,
        max(cancelled_at) over (partition by name) as cancelled_at,
        max(currency) over (partition by name) as currency,
        max(discount_code) over (partition by name) as discount_code,
        max(payment_method) over (partition by name) as payment_method,
        max(source) over (partition by name) as order_source,
        max(tags) over (partition by name) as tags,
        max(billing_name) over (partition by name) as billing_name,
        max(shipping_country) over (partition by name) as shipping_country,
        max(shipping_province) over (partition by name) as shipping_province,
        max(try_cast(subtotal as decimal(18, 4))) over (partition by name) as subtotal,
        max(try_cast(total as decimal(18, 4))) over (partition by name) as total,
        coalesce(max(try_cast(shipping as decimal(18, 4))) over (partition by name), 0) as shipping,
        coalesce(max(try_cast(taxes as decimal(18, 4))) over (partition by name), 0) as taxes,
        coalesce(max(try_cast(duties as decimal(18, 4))) over (partition by name), 0) as duties,
        coalesce(max(try_cast(discount_amount as decimal(18, 4))) over (partition by name), 0) as discount_amount,
        coalesce(max(try_cast(refunded_amount as decimal(18, 4))) over (partition by name), 0) as refunded_amount
    from export

),

orders_digests as (

    -- Changes with any cell of any of the order's rows: a changed order then brings all its lines anew.
    select
        name,
        md5(string_agg(_digest, '' order by _row_number)) as export_version
    from export
    group by name

),

sums as (

    select
        cells.*,
        orders_digests.export_version,
        cast(cells.quantity * cells.listed_price - cells.listed_discount as decimal(18, 4)) as line_value,
        sum(cast(cells.quantity * cells.listed_price - cells.listed_discount as decimal(18, 4)))
            over (partition by cells.name) as lines_value,
        -- What Total holds beyond goods, shipping and duties: taxes on top, tips, or nothing.
        cells.total - cells.subtotal - cells.shipping - cells.duties as beyond
    from cells
    inner join orders_digests
        on cells.name = orders_digests.name

),

discounts as (

    select
        *,
        case
            when subtotal is null then discount_amount
            else least(greatest(lines_value - subtotal, 0), discount_amount)
        end as goods_discount,
        -- Half a cent for sums that were rounded.
        coalesce(taxes > 0 and beyond + 0.005 < taxes, false) as is_tax_included
    from sums

),

shares as (

    select
        *,
        case when lines_value > 0 then goods_discount / lines_value else 0 end as discount_share,
        sum(case when is_taxable then line_value else 0 end) over (partition by name) as taxable_value
    from discounts

),

rates as (

    select
        *,
        case
            when is_tax_included and taxable_value * (1 - discount_share) + shipping > taxes
                then taxes / (taxable_value * (1 - discount_share) + shipping)
            else 0
        end as included_rate
    from shares

),

parts as (

    -- What is left of one unit of money of the line once included tax is out.
    select
        *,
        case when is_taxable then 1 - included_rate else 1 end as untaxed_part
    from rates

)

select
    *,
    sum(cast(round(line_value * untaxed_part, 6) as decimal(18, 6))) over (partition by name) as untaxed_value,
    sum(cast(round(case when is_gift_card then 0 else line_value * untaxed_part end, 6) as decimal(18, 6)))
        over (partition by name) as untaxed_goods_value,
    greatest(case when is_tax_included then beyond else beyond - taxes end, 0) as tip
from parts
