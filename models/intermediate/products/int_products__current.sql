{{ latest_version(ref('int_arrivals__products'), ['variant_id']) }}
