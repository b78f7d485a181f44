{#
    The moment of the version of the audiences before this one, in UTC; before the first version nothing was missed, and
    it is the as-of moment. What was remembered at this very moment is what this run itself finds.

    Looked up before the model runs, for then DuckDB compares days with it while it reads; where nothing is run, or the
    model is to ask itself, the question stands for the answer.
#}
{% macro version_before(look_up=true) -%}
    {%- set moment -%}
        (
            select coalesce(max(runs.as_of), {{ as_of() }})
            from {{ source('ops_audiences', 'audience_runs') }} as runs
            where runs.as_of < {{ as_of() }}
        )
    {%- endset -%}
    {%- if not (look_up and execute and flags.WHICH in ("build", "run")) -%}
        {{ return(moment) }}
    {%- endif -%}
    {{ return("timestamp '" ~ run_query("select " ~ moment).columns[0].values()[0] ~ "'") }}
{%- endmacro %}
