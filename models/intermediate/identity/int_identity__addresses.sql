-- What each e-mail address is worth as evidence. A placeholder, or no valid address at all, stands for nobody.
with mentioned as (

    select email
    from {{ ref('int_orders__current') }}
    where email is not null
    union
    select email
    from {{ ref('int_identity__profiles') }}
    where email is not null

),

parts as (

    select
        email,
        split_part(email, '@', 1) as local_part,
        split_part(email, '@', 2) as domain_name
    from mentioned

),

relays as (

    select
        parts.email,
        bool_and(relay_domains.is_reachable) as is_reachable
    from parts
    inner join {{ ref('relay_domains') }} as relay_domains
        on parts.domain_name like relay_domains.domain_pattern
    group by parts.email

)

select
    parts.email,
    (
        parts.email not like '%_@_%.__%'
        or parts.email like '% %'
        or parts.email like '%@%@%'
        or local_parts.value is not null
        or addresses.value is not null
    ) as is_placeholder,
    coalesce(not relays.is_reachable, false) as is_relay
from parts
left join {{ ref('placeholder_emails') }} as local_parts
    on
        parts.local_part = local_parts.value
        and local_parts.match_kind = 'local_part'
left join {{ ref('placeholder_emails') }} as addresses
    on
        parts.email = addresses.value
        and addresses.match_kind = 'address'
left join relays
    on parts.email = relays.email
