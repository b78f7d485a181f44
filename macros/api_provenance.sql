{#
    The columns that tell rows of an API's raw table apart from other versions: there is one version of each record,
    the newest, since loading replaces the one before.
#}
{% macro api_provenance() -%}
    updated_at,
    cast(0 as bigint) as load_id,
    0 as file_index,
    cast(0 as bigint) as row_number,
    false as has_other_version
{%- endmacro %}
