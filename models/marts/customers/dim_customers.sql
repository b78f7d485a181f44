-- A view: what stays of a person is kept by person, what a day may change is sorted anew in every build.
{{ config(materialized='view') }}

select
    persons.person_id,
    persons.is_identified,
    persons.is_wholesale,
    persons.first_order_at,
    persons.last_order_at,
    persons.valid_orders,
    persons.net_sales,
    persons.gross_margin,
    persons.acquisition_source,
    persons.first_channel,
    persons.first_product_type,
    persons.first_ship_country,
    persons.is_first_order_discounted,
    persons.is_referred,
    persons.is_reachable,
    persons.is_marketable,
    traits.rfm_segment,
    traits.tier,
    -- A person without a valid order yet is a prospect.
    case
        when persons.is_identified and persons.valid_orders = 0 then 'prospect'
        else traits.lifecycle_stage
    end as lifecycle_stage
from {{ ref('int_lifetime__persons') }} as persons
left join {{ ref('int_lifetime__traits') }} as traits
    on persons.person_id = traits.person_id
