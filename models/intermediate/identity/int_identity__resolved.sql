-- depends_on: {{ ref('int_identity__record_persons') }}
-- depends_on: {{ ref('int_identity__changed_persons') }}
-- depends_on: {{ ref('identity_merges') }}
-- Built last: a build that broke off before it isn't built upon.
select build
from {{ ref('int_identity__build') }}
