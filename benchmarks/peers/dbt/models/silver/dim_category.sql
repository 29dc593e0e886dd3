select category_id, name, last_update from {{ ref('category') }}
