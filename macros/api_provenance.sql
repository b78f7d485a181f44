{#
    The columns that tell versions of a row apart, for rows of an API's raw table: there is one version of each record,
    the newest, since loading replaces the one before. Moment and number of its load change when the record does.

    record: alias of a relation that has the raw table's columns updated_at, _loaded_at and _row.
#}
{% macro api_provenance(record) -%}
    {{ record }}.updated_at,
    epoch_us({{ record }}._loaded_at) as load_id,
    0 as file_index,
    {{ record }}._row as row_number,
    false as has_other_version
{%- endmacro %}
