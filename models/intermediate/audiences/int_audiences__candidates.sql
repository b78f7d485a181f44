{{ config(materialized='ephemeral') }}
-- Whom each rule takes or will take, and from when to when.
{% set keys = [
    "delay", "dissatisfied", "onboarding", "thank_you", "check_in", "review_request", "photo_request",
    "referred_welcome", "replenishment", "price_sensitive", "promotion_buyers", "potential_high_value", "third_order",
    "membership", "advocates", "community", "at_risk", "win_back", "birthday", "vip", "season_ahead", "second_order",
    "completion", "accessories", "tier_a", "tier_b", "tier_c", "sunset",
] %}

{% for key in keys %}
    select
        '{{ key }}' as audience,
        taken.person_id,
        taken.opens_at,
        taken.closes_at,
        taken.reason,
        taken.order_key,
        taken.next_product_id,
        taken.due_date
    from {{ ref('int_audiences__' ~ key) }} as taken
    {% if not loop.last %}
        union all
    {% endif %}
{% endfor %}
