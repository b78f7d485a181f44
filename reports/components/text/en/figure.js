export default {
	valid_orders: {
		label: 'Valid orders',
		definition:
			'Orders that are not tests, cancelled, voided, exchanges, without value, or only gift cards. A later refund does not make an order invalid.',
		sample: ({ denominator }) => (denominator ? `of ${denominator} orders delivered` : 'over the whole history'),
		empty: 'No order yet'
	},
	net_sales: {
		label: 'Net sales',
		definition:
			'Gross sales less discounts less returns of valid orders, over the whole history. A refund lowers the order it belongs to. Without tax, shipping and gift-card sales.',
		sample: ({ denominator }) => (denominator ? `from ${denominator} valid orders` : 'over the whole history'),
		empty: 'No sale yet'
	},
	customers: {
		label: 'Customers',
		definition:
			'Persons with at least one valid order. One person under several e-mails, phones or customer numbers is counted once, where orders show that they belong together.',
		sample: () => 'with at least one valid order',
		empty: 'No customer yet'
	},
	repeat_rate_90d: {
		label: '90-day repeat rate',
		definition:
			'Of the persons whose first valid order lies at least 90 full days back: the share with another valid order on a later day, at most 90 days after the first. Renewals of a subscription are no second order.',
		sample: ({ numerator, denominator }) => `${numerator} of ${denominator} watched for 90 days`,
		empty: 'Known once a first buyer has been watched for 90 days'
	},
	lifetime_repeat_share: {
		label: 'Ever bought twice',
		definition:
			'Share of all customers with two or more valid orders so far. Recent customers have had little time, so this lies below what it will become.',
		sample: ({ numerator, denominator }) => `${numerator} of ${denominator} customers`,
		empty: 'No customer yet'
	}
};
