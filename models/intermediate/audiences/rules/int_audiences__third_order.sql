{{ config(materialized='ephemeral') }}
-- A second order, inside the rhythm of what was bought: fast-moving goods early, others late, and nobody after.
{{ due_after(2, "the second order") }}
