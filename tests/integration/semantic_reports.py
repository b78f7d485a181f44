"""Which report holds the figures of which metrics, and in which cut.

A metric and its column have one name here; a report's dimension is MetricFlow's by the entity that it belongs to.
"""

from dataclasses import dataclass

MONTH = "metric_time__month"
OF_ORDERS = ("acquisition_source", "channel", "market", "product_type")
OF_CUSTOMERS = (*OF_ORDERS, "first_order_discount", "referral")
# The denominators of repeat rates and lifetime values.
COUNTED = "{{ Dimension('customer__is_identified') }} and not {{ Dimension('customer__is_wholesale') }}"
# What a report divides it stores to four places.
ROUNDED = 5.1e-5


@dataclass(frozen=True)
class Report:
    """A report that holds the same figures as some metrics.

    Attributes:
        by: what MetricFlow is to group by.
        sql: the report: first the groups in the order of `by`, then a column for each metric, by the metric's name.
        where: MetricFlow's filter, where the report is about a part.
        within: how far two figures may lie apart.
    """

    by: tuple[str, ...]
    sql: str
    where: str | None = None
    within: float = 0


def of_persons(dimension: str) -> dict[str, Report]:
    """Reports whose dimensions are those of the customers of repeat rates."""
    by, value = cut("customer", dimension)
    return {
        "repeat rates": Report(
            (MONTH, *by),
            f"select cohort_month, {value} max(customers) as customers, "
            + ", ".join(
                f"max({column}) filter (window_days = {days}) as {metric}_{days}d"
                for days in (30, 60, 90, 180, 365)
                for column, metric in (
                    ("mature_customers", "mature_customers"),
                    ("repeaters", "repeat_customers"),
                    ("repeat_rate", "repeat_rate"),
                )
            )
            + f" from reporting.repeat_rate_by_cohort where dimension = '{dimension}' group by all",
        ),
        "lifetime values": Report(
            by,
            f"select {value} customers, valid_orders as customer_orders, customers_last_year as customers_last_365d, "
            "orders_per_year, lifespan_years, simple_clv, historical_clv, historical_clv * customers as "
            "customer_net_sales, orders_per_year * customers_last_year as orders_last_365d, "
            + ", ".join(
                f"customers_matured_{days}d as mature_customers_{days}d, cohort_clv_{days}d, "
                f"cohort_clv_{days}d * customers_matured_{days}d as mature_net_sales_{days}d"
                for days in (90, 180, 365)
            )
            + f" from reporting.clv_summary where dimension = '{dimension}'",
            within=20 * ROUNDED,
        ),
        "average order value": Report(
            by,
            f"select {value} valid_orders, average_order_value from reporting.clv_summary "
            f"where dimension = '{dimension}'",
            where=COUNTED,
            within=ROUNDED,
        ),
    }


def of_sales(dimension: str) -> dict[str, Report]:
    """Reports on the finance basis, whose dimensions are those of the order."""
    by, value = cut("order_key", dimension)
    return {
        "sales": Report(
            (MONTH, "order_key__customer_type", *by),
            f"select month, customer_type, {value} orders as valid_orders, gross_sales, discounts, refunds, "
            "net_sales as net_sales_finance, tax, shipping "
            f"from reporting.sales_by_period where dimension = '{dimension}'",
        ),
        "returning customers' share": Report(
            (MONTH, *by),
            f"select month, {value} new_net_sales as net_sales_new_customers, "
            "returning_net_sales as net_sales_returning_customers, returning_share as returning_sales_share "
            f"from reporting.repeat_sales_share where dimension = '{dimension}'",
        ),
    }


def of_months(dimension: str) -> dict[str, Report]:
    """Reports by month, whose dimensions are those of the customer."""
    by, value = cut("customer", dimension)
    return {
        "referral rates": Report(
            (MONTH, *by),
            f"select month, {value} new_customers, referred_customers, valid_orders, referred_orders, "
            f"referral_rate_customers, referral_rate_orders from reporting.referrals where dimension = '{dimension}'",
        ),
        "order tracking": Report(
            (MONTH, *by),
            f"select month, {value} valid_orders, judged_orders, late_orders, late_share, wismo_per_100_orders, "
            "coalesce(wismo_tickets, 0) as wismo_tickets, coalesce(tracking_views, 0) as tracking_views, "
            "case when wismo_tickets is null then 0 else valid_orders end as orders_with_tickets_known, "
            "case when tracking_views is null then 0 else valid_orders end as orders_with_tracking_known, "
            f"tracking_views_per_order from reporting.order_tracking where dimension = '{dimension}'",
        ),
        "loyalty": Report(
            (MONTH, *by),
            f"select month, {value} points_earned, points_redeemed, redeemed_share as points_redeemed_share "
            f"from reporting.loyalty where dimension = '{dimension}'",
        ),
    }


def of_voice(dimension: str, has_months: bool) -> dict[str, Report]:
    """Reports by month or for all months, whose dimensions are those of the customer."""
    of_customer, value = cut("customer", dimension)
    by = (MONTH, *of_customer) if has_months else of_customer
    value = f"month, {value}" if has_months else value
    rows = f"dimension = '{dimension}' and period {'<>' if has_months else '='} 'all'"
    return {
        "reviews": Report(
            by,
            f"select {value} reviews, mean_rating as average_rating, media_share as review_media_share, "
            "coalesce(mean_rating * reviews, 0) as rating_sum, reviews_media_known, reviews_with_media, "
            "delivered_orders as reviewable_orders, delivered_orders_reviewed as reviewed_orders, reviewed_share "
            f"from reporting.review_summary where {rows}",
            within=1e-9,
        ),
        "surveys": Report(
            (*by, "response_key__survey_type"),
            f"select {value} survey_type, responses as survey_responses, nps, csat, "
            "coalesce(promoters, 0) as nps_promoters, coalesce(passives, 0) as nps_passives, "
            "coalesce(detractors, 0) as nps_detractors, coalesce(satisfied, 0) as csat_satisfied, "
            "case when survey_type = 'nps' then scored_responses else 0 end as nps_responses, "
            "case when survey_type = 'csat' then scored_responses else 0 end as csat_responses "
            f"from reporting.surveys where {rows}",
        ),
        "tickets": Report(
            by,
            f"select {value} tickets, resolved_tickets, tickets_per_100_orders "
            f"from reporting.tickets where topic = 'all' and {rows}",
        ),
        "tickets by topic": Report(
            (*by, "ticket_key__topic"),
            f"select {value} topic, tickets, resolved_tickets from reporting.tickets where topic <> 'all' and {rows}",
        ),
    }


def of_spend(has_months: bool) -> Report:
    """The budget by month or for all months."""
    return Report(
        (MONTH,) if has_months else (),
        f"select {'month, ' if has_months else ''} max(total_spend) as marketing_spend, "
        "sum(spend) filter (stage = 'post_purchase') as post_purchase_spend, "
        "sum(spend) filter (stage = 'acquisition') as acquisition_spend, "
        "max(share_of_spend) filter (stage = 'post_purchase') as post_purchase_spend_share, "
        "max(rows_without_rate) as spend_without_rate "
        f"from reporting.budget_split where period {'<>' if has_months else '='} 'all' group by month",
    )


def cut(entity: str, dimension: str) -> tuple[tuple[str, ...], str]:
    """What MetricFlow groups by for a report's dimension, and the report's column of it; nothing for all rows."""
    return ((), "") if dimension == "all" else ((f"{entity}__{dimension}",), "dimension_value, ")


FLOW_COUNTS = (
    *("sent", "delivered", "bounced", "opened_human", "opened_machine", "clicked_human", "clicked_machine"),
    *("unsubscribed", "complained", "ordered", "attributed_orders", "attributed_net_sales"),
)

# Those of all rows together.
TOTALS = {
    **of_persons("all"),
    **of_sales("all"),
    **of_months("all"),
    **of_voice("all", has_months=False),
    **{f"{name} by month": report for name, report in of_voice("all", has_months=True).items()},
    "headline figures": Report(
        (),
        "pivot (select figure, value from reporting.headline_figures) on figure in ('valid_orders', 'net_sales', "
        "'customers', 'repeat_rate_90d', 'lifetime_repeat_share') using max(value)",
    ),
    "customers with two orders": Report(
        (),
        "select numerator as customers_with_two_or_more from reporting.headline_figures "
        "where figure = 'lifetime_repeat_share'",
    ),
    "reconciliation": Report(
        (MONTH, "order_key__source"),
        "select month, source, sum(orders) filter (step_number = 1) as all_orders, "
        "coalesce(sum(orders) filter (step_number = 11), 0) as valid_orders, "
        "coalesce(sum(amount) filter (step_number = 11), 0) as net_sales, "
        "coalesce(-sum(amount) filter (step_number = 10), 0) as returns "
        "from reporting.reconciliation group by month, source",
    ),
    "cohorts' months": Report(
        ("customer__first_order_date__month", MONTH),
        "select cohort_month, cast(cohort_month + to_months(months_since) as date), active as active_customers, "
        "net_sales, margin_per_customer * customers as gross_margin "
        "from reporting.cohort_retention where dimension = 'all'",
        where=COUNTED,
        within=20 * ROUNDED,
    ),
    "active customers": Report(
        (MONTH,),
        "select cast(cohort_month + to_months(months_since) as date) as month, sum(active) as active_customers "
        "from reporting.cohort_retention where dimension = 'all' group by month",
    ),
    "margins": Report(
        (MONTH,),
        "select date_trunc('month', order_date), coalesce(sum(gross_margin), 0) as known_gross_margin, "
        "count(gross_margin) as orders_with_known_margin, count(gross_margin) / count(*) as known_margin_share "
        "from marts.fct_orders where is_valid group by 1",
    ),
    "churn": Report(
        (),
        "select customers_year_before, customers_churned, customers_churned / customers_year_before as churn_rate "
        "from reporting.clv_summary where dimension = 'all' and lifespan_years is not null",
    ),
    "flow classes": Report(
        (MONTH, *(f"flow_message__{name}" for name in ("channel", "flow_class", "is_transactional"))),
        f"select month, channel, flow_class, is_transactional, {', '.join(FLOW_COUNTS)}, open_rate, click_rate, "
        "unsubscribe_rate, complaint_rate, order_rate, net_sales_per_recipient, "
        "case when open_rate is null then 0 else delivered end as delivered_with_opens_known, "
        "bounced / nullif(sent, 0) as bounce_rate, clicked_human / nullif(opened_human, 0) as click_to_open_rate "
        "from reporting.flow_performance where grain = 'flow_class'",
        within=ROUNDED,
    ),
    "flows' messages": Report(
        tuple(f"flow_message__{name}" for name in ("flow_name", "message_name", "campaign_name")),
        "select flow_name, message_name, campaign_name, "
        + ", ".join(f"sum({count}) as {count}" for count in FLOW_COUNTS)
        + " from reporting.flow_performance where grain = 'message' group by all",
    ),
    "returns": Report(
        tuple(f"return_key__{name}" for name in ("source", "product_type", "reason")),
        "select source, product_type, reason, returns as return_requests, units as returned_units "
        "from reporting.return_reasons",
    ),
    "brand mentions": Report(
        (MONTH, "mention_key__platform", "mention_key__sentiment_band"),
        "select month, platform, sentiment_band, mentions as brand_mentions, mean_sentiment as average_sentiment, "
        "case when sentiment_band = 'unknown' then 0 else mentions end as mentions_with_sentiment, "
        "mean_sentiment * mentions as sentiment_sum from reporting.brand_mentions",
        within=1e-9,
    ),
    "spend by month": of_spend(has_months=True),
    "spend": of_spend(has_months=False),
    "spend in the shop's currency": Report(
        ("spend_key__stage",),
        "select stage, sum(amount) as converted_spend, sum(amount * (stage = 'acquisition')::int) as "
        "converted_acquisition_spend, sum(amount * (stage = 'post_purchase')::int) as "
        "converted_post_purchase_spend, count(*) filter (amount is null and stage = 'acquisition') as "
        "acquisition_spend_without_rate from marts.fct_marketing_spend group by stage",
    ),
    "acquisition cost": Report(
        (MONTH,),
        "select cohort_month, acquisition_spend, cac as customer_acquisition_cost, case when is_mature then "
        "customers else 0 end as customers_of_months_over from reporting.acquisition_payback "
        "where acquisition_source = 'all' and months_since = 0",
        within=ROUNDED,
    ),
}

REPORTS = TOTALS | {
    f"{name} by {dimension}": report
    for dimensions, kind in (
        (OF_CUSTOMERS, of_persons),
        (OF_ORDERS, of_sales),
        (OF_ORDERS, of_months),
        # One stands for all four: they are cut in the same way.
        (OF_ORDERS[:1], lambda dimension: of_voice(dimension, has_months=True)),
    )
    for dimension in dimensions
    for name, report in kind(dimension).items()
}
