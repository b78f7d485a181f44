"""The floor that dbt is measured against: the same tables by plain SQL, one statement after the other, in one process.

`orders.sql` and `persons.sql` hold the tables that a hand would write otherwise: fused, without what only updates
need. Any other table is made by its model's own SELECT. Tables that Python or loops of statements make (forecasts, the
log of merges) are left out: they are read from dbt's build, and timed in neither.
"""
