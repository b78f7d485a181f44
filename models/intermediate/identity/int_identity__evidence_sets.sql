-- depends_on: {{ ref('int_identity__touched') }}
-- All evidence of a record is one component's: any piece says whether it is to be resolved.
select
    id_evidence,
    email_evidence,
    phone_evidence,
    min(seen_at) as seen_at,
    min_by(record_key, {{ record_order() }}) as record_key
from {{ ref('int_identity__records') }}
where
    {% if built_before("int_identity__persons") is none %}
        coalesce(id_evidence, email_evidence, phone_evidence) is not null
    {% else %}
        coalesce(id_evidence, email_evidence, phone_evidence) in (
            select touched.evidence
            from {{ ref('int_identity__touched') }} as touched
        )
    {% endif %}
group by
    id_evidence,
    email_evidence,
    phone_evidence
