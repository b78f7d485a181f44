// Every text of the site in English. Another language is a file of the same shape beside this one.
// A text that holds figures is a function of figures that are already formatted.

const people = (formatted, number) => `${formatted} ${number === 1 ? 'person' : 'people'}`;

export default {
	locale: 'en-GB',

	site: {
		name: 'Second Order',
		navigation: 'Pages',
		home: 'Overview',
		retention: 'Retention',
		asOf: (moment, zone) => `As of ${moment} (${zone})`,
		asOfShort: (moment) => `as of ${moment}`,
		light: 'Switch to light colours',
		dark: 'Switch to dark colours',
		loading: 'Reading the latest figures',
		skip: 'Skip to the figures',
		unreadable: 'These figures could not be read. Reload the page; if it stays, run the shop again.'
	},

	panel: {
		measured: 'How this is measured',
		table: 'See the table',
		download: 'Download CSV',
		downloadOf: (title) => `Download “${title}” as CSV`,
		definition: 'Definition',
		sample: 'Sample',
		asOf: 'As of'
	},

	home: {
		title: 'Overview',
		noOrders: 'No valid orders have arrived yet.',
		noOrdersHelp:
			'Put orders.csv and order_lines.csv into the drop folder of the shop and run it again: this page fills by itself.',
		returnWithin: (phrase, days) => `${phrase} within ${days} days`,
		comeBack: (count) => `${count} of 100 first buyers ${count === 1 ? 'comes' : 'come'} back`,
		fewComeBack: 'Fewer than 1 of 100 first buyers comes back',
		noneComeBack: (watched) => `None of ${watched} first buyers came back`,
		moreComeBack: 'More than 99 of 100 first buyers come back',
		neverAgain: (count) => `${count} of 100 ${count === 1 ? 'has' : 'have'} not ordered again so far`,
		tooEarly: (days) =>
			`It is too early to say how many first buyers come back within ${days} days: none of them has been watched that long.`,
		soFar: (again, all) => `So far ${again} of ${all} have ordered a second time.`,
		returningShare: (of100, hundred) =>
			`Over the last 12 months, ${of100} of every ${hundred} of net sales came from customers who had bought before.`,
		figures: 'The five figures',
		salesTitle: 'Net sales by month, new against returning',
		salesEmpty: 'No sales yet. Once orders are loaded, every month shows what new and returning customers brought in.',
		salesDefinition:
			'Gross sales of valid orders less their discounts less refunds. A refund counts on the day it was given, so a closed month does not change. Tax, shipping and gift-card sales are never in it. A customer is new with the first valid order and returning from the second on; orders without any identity are shown apart.',
		salesSample: (orders, months) => `${orders} orders in ${months} ${months === '1' ? 'month' : 'months'}`,
		monthOpen: (month) => `${month} is not over yet and is drawn hatched.`,
		newCustomers: 'New customers',
		returningCustomers: 'Returning customers',
		unidentified: 'No identity',
		repeatTitle: (days) => `First buyers who come back within ${days} days, by month of first order`,
		reconciliationTitle: 'From every order delivered to net sales',
		reconciliationLead: 'Every order that arrived, and where its money went. The steps add up exactly.',
		reconciliationEmpty: 'Nothing was delivered yet, so there is nothing to reconcile.',
		reconciliationDefinition:
			'The first row is all that was delivered, at the prices of its lines. Each row below takes away what does not count; the row in bold is the net sales shown above. A refund lowers the order it belongs to. What stands below the bold row belongs to no order and is in no figure.',
		reconciliationSample: (orders) => `${orders} orders delivered`,
		steps: {
			'orders delivered': 'Orders delivered',
			'not counted: test': 'Test orders',
			'not counted: cancelled': 'Cancelled orders',
			'not counted: voided': 'Orders whose payment was voided',
			'not counted: exchange': 'Exchanges and replacements',
			'not counted: gift card only': 'Orders of gift cards only',
			'not counted: no value': 'Orders without value',
			'gift cards sold with goods': 'Gift cards sold with goods',
			discounts: 'Discounts',
			returns: 'Returns',
			'net sales reported': 'Net sales',
			'beside it: refunds of orders never seen': 'Beside it: refunds of orders never delivered'
		},
		trustTitle: 'Can these figures be trusted?',
		rejected: 'Rows set aside',
		rejectedNone: 'No row broke the rules.',
		rejectedNote: 'Rows that broke the rules of their file. They are kept with the reason, in no figure.',
		checks: 'Checks passed',
		checksNote: (failed, warned) =>
			`${failed === 0 ? 'None failed' : `${failed} failed`}, ${warned === 1 ? '1 warning' : `${warned ?? 0} warnings`}.`,
		unidentifiedShare: 'Orders without identity',
		unidentifiedNote: 'Counted in sales, in no repeat rate.',
		version: 'Published version',
		versionNote: (revision) => `Models at revision ${revision}`,
		history: 'First order known',
		reasonsTitle: 'Rows set aside, by reason',
		deliveredTitle: 'What was delivered'
	},

	figure: {
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
	},

	retention: {
		title: 'Retention',
		empty: 'No first orders yet, so nobody can have come back.',
		emptyHelp: 'Once orders are loaded, this page shows who comes back, when, and which months brought them.',
		answerMost: (within, days, early, earlyDays) =>
			`${within} of 100 first buyers ${within === 1 ? 'comes' : 'come'} back within ${days} days; ${early} of 100 within ${earlyDays}.`,
		answerOne: (phrase, days) => `${phrase} within ${days} days.`,
		beforeAfter: (recent, earlier, days, months) =>
			`Of those who first bought in the last ${months} months that can be judged, ${recent} of 100 came back within ${days} days; in the ${months} months before, ${earlier} of 100.`,
		asBefore: (count, days, months) =>
			`Those who first bought in the last ${months} months that can be judged do as those of the ${months} months before: ${count} of 100 came back within ${days} days.`,
		tooEarly: (days) => `It is too early to say who comes back: no first buyer has been watched for ${days} days.`,
		tooEarlyHelp: (date) => `The first one will have been by ${date}.`,
		windowsTitle: 'How many come back, by how long they were given',
		windowsLead: 'Each bar counts only first buyers who have been watched for the whole time.',
		windowLabel: (days) => `Within ${days} days`,
		windowSample: (repeaters, mature) => `${repeaters} of ${mature}`,
		windowEmpty: 'too early to say',
		windowsDefinition:
			'Of the persons whose first valid order lies at least that many full days back: the share with another valid order on a later day within those days. A second order on the same day does not count, nor do renewals of a subscription.',
		windowsSample: (customers) => `${customers} first buyers in all; each bar names how many of them have been watched long enough`,
		cohortTitle: 'By month of first order',
		cohortLead: 'Is a newer month of first buyers better than an older one?',
		cohortEmpty: (days) => `No month of first buyers has been watched for ${days} days yet.`,
		cohortEmptyHelp: 'Months appear here by themselves as time passes.',
		cohortEmptyShorter: 'Choose a shorter time above; months appear here by themselves as time passes.',
		noRepeat: 'Nobody has come back yet within any of these times.',
		choose: 'Days given to come back',
		daysChoice: (days) => `${days} days`,
		cohortDefinition:
			'First buyers are put into the month of their first valid order, in the time zone of the shop. A month counts in full once all its buyers have been watched for the whole time; before that, only those who have. Hatched: only a part has been watched so far.',
		partly: (mature, customers) => `${mature} of ${customers} watched long enough so far`,
		notYet: 'too early',
		notYetLong: 'Too early: nobody of this month has been watched that long',
		cohort: 'First order in',
		customers: 'First buyers',
		older: 'May hold older customers',
		olderNote:
			'Months marked * lie close to the start of the history: some of their “first” buyers probably bought before it, so their repeat rates look too high.',
		heatTitle: 'Month after month',
		heatLead: 'Each row is a month of first buyers; the further right, the longer after their first order.',
		heatEmpty: 'The first full month after a first order has not passed yet.',
		heatDefinition:
			'Calendar months since the month of the first valid order. Ordering: share of the row’s first buyers with a valid order in that month. Came back by then: share with a second order by the end of that month. Hatched: the month is not over, so the figure can still grow.',
		heatSample: (customers, cohorts) => `${customers} first buyers in ${cohorts} months`,
		heatActive: 'Ordering in that month',
		heatCumulative: 'Came back by then',
		heatMoney: 'Net sales a customer',
		heatMeasure: 'Shown in the cells',
		monthsSince: 'Months since the first order',
		open: 'Month not over',
		less: 'low',
		more: 'high',
		olderShort: 'may hold older customers',
		cellActive: (active, customers, share) => `${active} of ${customers} ordered (${share})`,
		cellCumulative: (count, customers, share) => `${count} of ${customers} had come back (${share})`,
		cellMoney: (money) => `${money} net sales per first buyer, so far`,
		cellOpen: 'the month is not over',
		periodTitle: 'Buyers with two orders or more, looking back',
		periodLead: 'At each month’s end: of all who ordered in the days before, the share who ordered at least twice.',
		periodEmpty: 'No month has ended yet.',
		periodDefinition:
			'Persons with two or more valid orders in the days that end on the last day of the month, divided by persons with at least one. It asks another question than the bars above: it looks back over all buyers, not forward from the first order.',
		periodFilling: 'Dotted: the days looked back over begin before the first order known, so the line is still filling up.',
		periodSample: (customers, date) => `${people(customers)} ordered in the longest window ending ${date}`,
		periodLabel: (days) => `Last ${days} days`,
		chartLabel: (title) => `Chart: ${title}. The same figures are in the table below it.`
	},

	column: {
		month: 'Month',
		new: 'New customers',
		returning: 'Returning customers',
		unidentified: 'No identity',
		orders: 'Orders',
		gross: 'Gross sales',
		discounts: 'Discounts',
		refunds: 'Refunds',
		net: 'Net sales',
		cohort: 'First order in',
		days: 'Days',
		customers: 'First buyers',
		mature: 'Watched long enough',
		repeaters: 'Came back',
		rate: 'Repeat rate',
		older: 'May hold older customers',
		monthsSince: 'Months since',
		active: 'Ordered in that month',
		cumulative: 'Came back by then',
		netPerCustomer: 'Net sales a customer',
		isMature: 'Month is over',
		periodEnd: 'Month’s end',
		buyers: 'Buyers',
		twice: 'Twice or more',
		step: 'Step',
		amount: 'Amount',
		reason: 'Reason',
		rows: 'Rows',
		entity: 'File',
		source: 'Source',
		newest: 'Newest row'
	},

	yes: 'yes',
	no: 'no'
};
