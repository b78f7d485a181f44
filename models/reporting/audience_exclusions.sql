select
    eligible.audience,
    catalogue.name_en,
    catalogue.name_zh,
    eligible.excluded_for as reason,
    count(*) as people
from {{ ref('int_audiences__eligible') }} as eligible
inner join {{ ref('audiences') }} as catalogue
    on eligible.audience = catalogue.key
where eligible.excluded_for is not null
group by
    eligible.audience,
    catalogue.name_en,
    catalogue.name_zh,
    eligible.excluded_for
