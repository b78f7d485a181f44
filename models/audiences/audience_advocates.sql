{{ audience("advocates", ["tier", "orders", "rating", "nps_score", "referral_code"]) }}
