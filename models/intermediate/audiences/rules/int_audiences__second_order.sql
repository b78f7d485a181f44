{{ config(materialized='ephemeral') }}
-- One order, inside the rhythm of what was bought: fast-moving goods early, others late, and nobody after.
{{ due_after(1, "no second order since") }}
