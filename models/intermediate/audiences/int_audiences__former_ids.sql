{{ config(materialized='ephemeral') }}
-- The ids under which a person was known before it was joined to another one: each is the hash of evidence that is the
-- other person's now.
select
    {{ hash_text("evidence") }} as former_id,
    person_id
from {{ ref('identity_merges') }}
where not is_cut
