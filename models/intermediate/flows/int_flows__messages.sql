-- A flow is classed by its latest name, a message outside flows and campaigns by its own.
with flow_names as (

    select
        source,
        flow_id,
        max_by(flow_name, cast(last_at as varchar) || ' ' || flow_name) as flow_name
    from {{ ref('int_flows__message_names') }}
    where flow_id is not null
    group by
        source,
        flow_id

),

messages as (

    select
        message_names.message_key,
        message_names.message_number,
        message_names.source,
        message_names.channel,
        message_names.flow_id,
        message_names.message_id,
        message_names.campaign_id,
        message_names.purpose,
        coalesce(flow_names.flow_name, message_names.flow_id) as flow_name,
        coalesce(message_names.message_name, message_names.message_id) as message_name,
        coalesce(message_names.campaign_name, message_names.campaign_id) as campaign_name,
        message_names.flow_id is null and message_names.campaign_id is not null as is_campaign
    from {{ ref('int_flows__message_names') }} as message_names
    left join flow_names
        on
            message_names.source = flow_names.source
            and message_names.flow_id = flow_names.flow_id

),

named as (

    select
        *,
        translate(lower(coalesce(flow_name, message_name)), '-_', '  ') as plain_name
    from messages

),

plain_names as (

    select distinct plain_name
    from named
    where not is_campaign

),

patterns as (

    select
        catalogue.flow_class,
        catalogue.priority,
        parts.part as name_pattern
    from {{ ref('flow_catalogue') }} as catalogue
    cross join {{ split_rows('catalogue.name_patterns') }} as parts
    -- An empty pattern would be found in every name.
    where parts.part <> ''

),

matches as (

    select
        plain_names.plain_name,
        patterns.flow_class,
        row_number() over (
            partition by plain_names.plain_name
            order by patterns.priority, patterns.flow_class
        ) as match_rank
    from plain_names
    inner join patterns
        on {{ matches_pattern('plain_names.plain_name', 'patterns.name_pattern') }}

),

classed as (

    select
        named.*,
        case
            when named.is_campaign then 'campaign'
            else coalesce(
                matches.flow_class,
                case when named.purpose = 'transactional' then 'transactional' else 'other' end
            )
        end as flow_class
    from named
    left join matches
        on
            named.plain_name = matches.plain_name
            and matches.match_rank = 1

)

select
    classed.message_key,
    classed.message_number,
    classed.source,
    classed.channel,
    classed.flow_class,
    classed.flow_id,
    classed.flow_name,
    classed.message_id,
    classed.message_name,
    classed.campaign_id,
    classed.campaign_name,
    classed.purpose,
    coalesce(classed.purpose = 'transactional', catalogue.is_service) as is_transactional
from classed
inner join {{ ref('flow_catalogue') }} as catalogue
    on classed.flow_class = catalogue.flow_class
