{# One parse per row; the raw table is read from its folder. #}
{% macro raw(stream, columns) %}
    select _airbyte_raw_id, j.*
    from (
        select _airbyte_raw_id, from_json(_airbyte_data, '{{ columns }}') as j
        from delta.`{{ env_var("LANDING") }}/public_raw__stream_{{ stream }}`
    )
{% endmacro %}

{% macro generate_schema_name(custom_schema_name, node) %}{{ custom_schema_name or target.schema }}{% endmacro %}
