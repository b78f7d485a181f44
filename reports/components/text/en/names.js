// What the models call things, for reading: names[group][value]. A value that isn't here (a product type, a
// market, a tag) is the shop's own and is shown as it is. See `named` in format.js.
export default {
	dimension: {
		all: 'All customers',
		acquisition_source: 'Source',
		channel: 'Channel',
		market: 'Market',
		product_type: 'Product type',
		first_order_discount: 'Discount on the first order',
		referral: 'Referral'
	},
	value: {
		all: 'All',
		unknown: 'Unknown',
		own_store: 'Own store',
		pos: 'Point of sale',
		amazon: 'Amazon',
		tiktok_shop: 'TikTok Shop',
		walmart: 'Walmart',
		target: 'Target',
		etsy: 'Etsy',
		direct: 'Direct',
		email: 'E-mail',
		sms: 'SMS',
		organic: 'Organic',
		influencer: 'Influencers',
		referral: 'Referral',
		google: 'Google',
		meta_ads: 'Meta ads',
		tiktok: 'TikTok',
		discounted: 'Discounted',
		full_price: 'Full price',
		referred: 'Referred',
		not_referred: 'Not referred'
	},
	entity: {
		orders: 'Orders',
		order_lines: 'Order lines',
		refunds: 'Refunds',
		returns: 'Returns',
		fulfillments: 'Deliveries',
		products: 'Products',
		profiles: 'Profiles and consent',
		message_events: 'Message events',
		reviews: 'Reviews',
		referrals: 'Referrals',
		survey_responses: 'Survey responses',
		support_tickets: 'Support tickets',
		loyalty_events: 'Loyalty events',
		page_events: 'Page views',
		brand_mentions: 'Brand mentions',
		marketing_spend: 'Marketing spend',
		exchange_rates: 'Exchange rates',
		flow_holdouts: 'Holdout arms'
	},
	source: {
		drop: 'Dropped files',
		shopify: 'Shopify',
		klaviyo: 'Klaviyo',
		omnisend: 'Omnisend',
		judgeme: 'Judge.me',
		yotpo: 'Yotpo',
		typeform: 'Typeform',
		amazon: 'Amazon',
		smile: 'Smile.io',
		yotpo_loyalty: 'Yotpo Loyalty'
	},
	segment: {
		champions: 'Champions',
		loyal: 'Loyal',
		potential_loyal: 'Potential loyal',
		new: 'New',
		promising: 'Promising',
		need_attention: 'Need attention',
		about_to_sleep: 'About to sleep',
		at_risk: 'At risk',
		cannot_lose: 'Cannot lose them',
		hibernating: 'Hibernating'
	},
	stage: {
		new: 'New',
		active: 'Active',
		due: 'Due',
		at_risk: 'At risk',
		lapsed: 'Lapsed'
	}
};
