{#
    The incremental strategy `restate`: rows whose key is among the changed ones are replaced by what the model's query
    gives, which in an update are the rows of these keys, and else all rows.

    Config: unique_key, the columns of the key; meta.changed, the intermediate model that lists the changed keys, or none
    where no row ever goes away: then the keys that the query gives are the changed ones.
#}
{% macro get_incremental_restate_sql(arguments) -%}
    {%- set key = [arguments["unique_key"]] if arguments["unique_key"] is string else arguments["unique_key"] -%}
    {%- set changed = config.get("meta", {}).get("changed") -%}
    {%- set columns = arguments["dest_columns"] | map(attribute="quoted") | join(", ") -%}
    delete from {{ arguments["target_relation"] }}
    {%- if is_update() %}
    where exists (
        select 1
        from {{ sibling(changed, "intermediate") if changed else arguments["temp_relation"] }} as changed
        where
            {%- for column in key %}
            {{ "and " if not loop.first }}changed.{{ column }} = {{ arguments["target_relation"] }}.{{ column }}
            {%- endfor %}
    )
    {%- endif %};
    insert into {{ arguments["target_relation"] }} ({{ columns }})
    select {{ columns }}
    from {{ arguments["temp_relation"] }}
{%- endmacro %}
