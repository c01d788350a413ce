-- Each region lies in one continent, and each country and code in one region
select region as place
from {{ customer_segmentation.seed_relation('country_names') }}
group by region
having count(distinct continent) <> 1
union all
select country as place
from {{ customer_segmentation.seed_relation('country_names') }}
group by country
having
    count(distinct region) <> 1
    or count(distinct country_code) > 1
