// What others publish, by its key in the seed benchmark_values: who says so, and what exactly is measured.
export default {
	open_rate_order_confirmation_claim: {
		source: 'Post-purchase advice in circulation, origin not given',
		definition: 'Order confirmation e-mails opened, out of those sent; how machine opens are treated is not said'
	},
	open_rate_shipping_claim: {
		source: 'Post-purchase advice in circulation, origin not given',
		definition: 'Shipping e-mails opened, out of those sent; how machine opens are treated is not said'
	},
	open_rate_review_request_claim: {
		source: 'Post-purchase advice in circulation, origin not given',
		definition: 'Review request e-mails opened, out of those sent; how machine opens are treated is not said'
	},
	open_rate_order_confirmation_omnisend_2018: {
		source: 'Omnisend, e-commerce e-mail marketing statistics',
		definition: 'Order confirmation e-mails opened, of 964 million e-mails of 7,200 brands on the vendor’s platform'
	},
	open_rate_order_confirmation_girard: {
		source: 'Girard Media, e-commerce retention email playbook',
		definition: 'Order confirmation e-mails opened; base not said'
	},
	open_rate_order_confirmation_easyapps: {
		source: 'EasyApps, Shopify post-purchase email templates',
		definition: 'Order confirmation e-mails opened; base not said'
	},
	open_rate_order_confirmation_cintra: {
		source: 'Cintra, glossary: post-purchase email',
		definition: 'Order confirmation e-mails opened; base not said'
	},
	open_rate_order_shipping_metricuno: {
		source: 'Metricuno, post-purchase experience',
		definition: 'Order confirmation and shipping e-mails opened; base not said'
	},
	open_rate_post_purchase_orbit: {
		source: 'Orbit, post-purchase emails',
		definition: 'E-mails of the days after an order opened; base not said'
	},
	open_rate_transactional_tacey: {
		source: 'Tacey, citing Klaviyo’s 2024 benchmarks',
		definition: 'Order confirmation and shipping e-mails opened; base not said'
	},
	click_rate_order_confirmation_omnisend_2021: {
		source: 'Omnisend, quoted by MediaPost',
		definition: 'Order and shipping confirmations clicked, first half of 2021, all merchants of the vendor'
	},
	click_rate_post_purchase_omnisend_2021: {
		source: 'Omnisend, quoted by MediaPost',
		definition: 'Post-purchase automations clicked, first half of 2021, all merchants of the vendor'
	},
	order_rate_flows_klaviyo_2023: {
		source: 'Klaviyo, 2024 benchmark report',
		definition: 'People who placed an order from a flow’s e-mail out of all recipients, all industries, 2023; low is the typical business, high the top tenth'
	},
	budget_share_post_purchase_advice: {
		source: 'Post-purchase advice in circulation, origin not given',
		definition: 'Share of the marketing budget that goes to the time after the purchase'
	},
	repeat_rate_metrilo: {
		source: 'Metrilo, glossary: retention rate',
		definition: 'Customers who shopped more than once out of all customers; mean of ten niches, from 21 % (tea) to 36 % (CBD)'
	},
	repeat_rate_metrilo_tea: {
		source: 'Metrilo, glossary: retention rate',
		definition: 'Customers who shopped more than once out of all customers; tea shops'
	},
	repeat_rate_365d_rjmetrics: {
		source: 'RJMetrics, e-commerce buyer behavior benchmark',
		definition: 'Customers who bought again within a year of the first purchase; 176 retailers, 18 million customers, the most and least valuable left out'
	},
	third_order_rate_rjmetrics: {
		source: 'RJMetrics, e-commerce buyer behavior benchmark',
		definition: 'Customers with a second purchase who made a third one; 176 retailers, 18 million customers'
	},
	repeat_rate_opensend: {
		source: 'Opensend, repeat purchase rate statistics',
		definition: 'Average repeat purchase rate in e-commerce; neither window nor base said'
	},
	repeat_customers_yotpo: {
		source: 'Yotpo, repeat customer statistics',
		definition: 'Nearly 15 % of all online shoppers are repeat customers; window not said'
	},
	repeat_rate_shopify_advice: {
		source: 'Shopify’s advice, quoted by Vajro',
		definition: 'Range a returning customer rate should lie in; window not said'
	},
	annual_repurchase_lean_analytics: {
		source: 'Croll and Yoskovitz, Lean Analytics',
		definition: 'Last year’s buyers who buy again this year: below is an acquisition business, above a loyalty business'
	},
	referral_rate_referralcandy: {
		source: 'ReferralCandy, referral program benchmarks',
		definition: 'Referred purchases out of all purchases, of shops on the vendor’s platform'
	},
	nps_good_bain: {
		source: 'Bain & Company, quoted widely',
		definition: 'Promoters (9-10) less detractors (0-6): above 0 good, above 20 favourable'
	},
	nps_excellent_bain: {
		source: 'Bain & Company, quoted widely',
		definition: 'Promoters (9-10) less detractors (0-6): above 50 excellent, above 80 world class'
	},
	nps_average_firm_bain: {
		source: 'Reichheld, The Ultimate Question 2.0',
		definition: 'Promoters (9-10) less detractors (0-6), the average firm'
	},
	nps_global_surveymonkey: {
		source: 'Survey vendor’s global benchmark, quoted by Profound Tips',
		definition: 'Promoters (9-10) less detractors (0-6) of more than 150,000 organisations: low is the mean, high the median'
	},
	csat_ecommerce_growth_suite: {
		source: 'Growth Suite, glossary: CSAT',
		definition: 'Answers 4 or 5 out of all answers on a scale of 5, e-commerce average'
	},
	csat_ecommerce_opensend: {
		source: 'Opensend, customer satisfaction statistics',
		definition: 'Average satisfaction score in e-commerce; scale not said'
	},
	csat_ecommerce_bookbag: {
		source: 'Bookbag, CSAT benchmarks for e-commerce',
		definition: 'Positive answers after a support case, stars or thumbs'
	},
	wismo_share_gorgias: {
		source: 'Gorgias, automate WISMO requests',
		definition: 'Requests asking where the order is out of all requests, shops on the vendor’s platform'
	},
	wismo_share_shipmentguard: {
		source: 'ShipmentGuard, post-purchase support ticket benchmarks, citing Gorgias',
		definition: 'Tickets asking where the order is out of all tickets'
	},
	wismo_share_corepiper: {
		source: 'CorePiper, WISMO automation',
		definition: 'Tickets asking where the order is out of all tickets'
	},
	tickets_per_100_orders_gorgias: {
		source: 'Gorgias pricing calculator, quoted by ShipmentGuard',
		definition: 'Tickets of all topics per 100 orders (one for every 15 orders)'
	},
	resolution_hours_gorgias: {
		source: 'Gorgias, quoted by ShipmentGuard',
		definition: 'Median time from a ticket’s opening to its resolution'
	},
	returned_sales_nrf_2024: {
		source: 'National Retail Federation and Happy Returns',
		definition: 'Share of a year’s sales that retailers expect to be returned, all retail, United States'
	},
	returned_sales_nrf_2021: {
		source: 'National Retail Federation and Appriss Retail',
		definition: 'Share of a year’s sales expected to be returned, all retail, United States'
	},
	returned_sales_online_nrf_2021: {
		source: 'National Retail Federation and Appriss Retail',
		definition: 'Share of a year’s online sales expected to be returned, United States'
	},
	points_redeemed_smile: {
		source: 'Smile.io, Do you have a healthy redemption rate?',
		definition: 'Points spent on rewards out of all points issued, 15,000 online shops: low is the mean, high the top quarter'
	},
	review_rate_us_tech: {
		source: 'US Tech Automations, review requests',
		definition: 'Reviews submitted per order, median Shopify shop'
	}
};
