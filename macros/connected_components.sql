{#
    Connected components of a graph by label hooking, set by set: gives the name of a table with one row per node that
    an edge touches, (node, root), where root is the component's smallest node.

    A round hooks every root that an edge joins to a smaller one onto the smallest of these, halves all paths until
    each node points at its root, and keeps only the edges that still join two roots. Long chains fall in one round,
    any graph in a number of rounds that grows with the logarithm of its size.

    edges: relation with bigint columns `left_node`, `right_node`.
#}
{% macro connected_components(edges) -%}
    {%- set prefix = this.schema ~ "." ~ this.identifier -%}
    {%- set roots = prefix ~ "_work_roots" -%}
    {%- set pairs = prefix ~ "_work_pairs" -%}
    {%- set spare = prefix ~ "_work_spare" -%}
    {%- if execute and flags.WHICH in ("build", "run") -%}

        {%- set query -%}
            create or replace table {{ pairs }} as
            select distinct
                least(left_node, right_node) as small,
                greatest(left_node, right_node) as large
            from {{ edges }}
            where left_node <> right_node
        {%- endset -%}
        {%- do run_query(query) -%}

        {%- set query -%}
            create or replace table {{ roots }} as
            select
                node,
                node as root
            from (select small as node from {{ pairs }} union select large as node from {{ pairs }}) as touched
        {%- endset -%}
        {%- do run_query(query) -%}

        {%- set state = namespace(open=count_rows(pairs) > 0) -%}
        {%- for round in range(64) if state.open -%}

            {%- set query -%}
                create or replace table {{ spare }} as
                select
                    roots.node,
                    coalesce(hooks.target, roots.root) as root
                from {{ roots }} as roots
                left join (select large, min(small) as target from {{ pairs }} group by large) as hooks
                    on roots.root = hooks.large
            {%- endset -%}
            {%- do run_query(query) -%}

            {%- set path = namespace(open=true) -%}
            {%- for jump in range(64) if path.open -%}
                {%- set query -%}
                    create or replace table {{ roots }} as
                    select
                        labels.node,
                        parents.root,
                        labels.root <> parents.root as has_moved
                    from {{ spare }} as labels
                    inner join {{ spare }} as parents
                        on labels.root = parents.node
                {%- endset -%}
                {%- do run_query(query) -%}
                {%- set path.open = count_rows(roots ~ " where has_moved") > 0 -%}
                {%- if path.open -%}
                    {%- do run_query("create or replace table " ~ spare ~ " as select node, root from " ~ roots) -%}
                {%- endif -%}
            {%- endfor -%}

            {%- set query -%}
                create or replace table {{ spare }} as
                select distinct
                    least(smalls.root, larges.root) as small,
                    greatest(smalls.root, larges.root) as large
                from {{ pairs }} as pairs
                inner join {{ roots }} as smalls
                    on pairs.small = smalls.node
                inner join {{ roots }} as larges
                    on pairs.large = larges.node
                where smalls.root <> larges.root
            {%- endset -%}
            {%- do run_query(query) -%}
            {%- do run_query("create or replace table " ~ pairs ~ " as select small, large from " ~ spare) -%}
            {%- set state.open = count_rows(pairs) > 0 -%}
        {%- endfor -%}
        {%- do run_query("drop table if exists " ~ spare) -%}
        {%- do run_query("drop table if exists " ~ pairs) -%}
    {%- endif -%}
    {{ return(roots) }}
{%- endmacro %}
