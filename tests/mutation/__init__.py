"""Would the tests notice? Each mutant changes one rule in a model's compiled SQL; a test that there is must then fail.

The golden shop and the traps' shop are built once. For each mutant, in one transaction that is rolled back, the model
and what reads it are created again as plain SQL, as far as a test asks for them, and the tests run over the result:
dbt's unit tests of the model, the assertions of test_golden_shop.py and test_traps.py, dbt's data tests. That tables
differ from those without the mutant counts for nothing.
"""
