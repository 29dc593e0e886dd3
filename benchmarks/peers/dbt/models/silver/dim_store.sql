select store.store_id, address.district, city.city, country.country, store.last_update
from {{ ref('store') }} as store
left join {{ ref('address') }} as address using (address_id)
left join {{ ref('city') }} as city using (city_id)
left join {{ ref('country') }} as country using (country_id)
