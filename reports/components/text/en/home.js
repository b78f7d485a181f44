export default {
	title: 'This week',
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
	weekAnswer: (money, change) => `Net sales of the last four whole weeks: ${money}, ${change} against the four before.`,
	scoreTitle: 'The last four weeks',
	scoreLead: (from, to, beforeFrom, beforeTo) => `${from} to ${to}, against ${beforeFrom} to ${beforeTo}.`,
	scoreEmpty: 'Four whole weeks have not passed since the first order yet.',
	scoreEmptyHelp: 'The scorecard fills by itself as weeks pass.',
	scoreDefinition:
		'Whole weeks from Monday to Sunday, four against the four before, so that a change is never one of weekdays. What needs 90 days to be known is asked of those first buyers whose 90th day lies in the weeks. A change of a share is called unclear where its 95 % interval (Newcombe) holds 0. A benchmark stands only beside a figure of the same definition.',
	noPrevious: 'nothing to compare with yet',
	unclear: (before) => `no clear change (${before} before)`,
	against: (change, before) => `${change} (${before} before)`,
	points: (points) => `${points} points`,
	outOf: (part, all) => `${part} of ${all}`,
	ofBuyers: (buyers) => `${buyers} first buyers`,
	benchmark: {
		below: (range) => `Below what others publish: ${range}`,
		within: (range) => `Within what others publish: ${range}`,
		above: (range) => `Above what others publish: ${range}`
	},
	figureColumn: 'Figure',
	nowColumn: 'Last four weeks',
	beforeColumn: 'Four weeks before',
	counted: 'Counted',
	outOfColumn: 'Out of',
	benchmarkLow: 'Benchmark from',
	benchmarkHigh: 'Benchmark to',
	score: {
		net_sales: {
			label: 'Net sales',
			definition:
				'Gross sales less discounts less refunds of valid orders in the weeks. A refund counts on the day it was given.',
			maturity: ''
		},
		returning_share: {
			label: 'Share of repeat sales',
			definition: 'Net sales of customers with an earlier valid order, out of net sales of all customers who can be told apart.',
			maturity: ''
		},
		repeat_rate_90d: {
			label: 'Second order within 90 days',
			definition: 'Of the first buyers whose 90th day after the first order lies in the weeks: the share who ordered again by then.',
			maturity: 'Known on the 90th day; these are the first buyers of about three to four months ago.'
		},
		lifetime_repeat_share: {
			label: 'Ever bought twice',
			definition: 'Of all customers with a first order by the last day: the share with two valid orders or more by then.',
			maturity: 'Recent customers have had little time, so it lies below what it will become.'
		},
		clv_90d: {
			label: 'Value of a first buyer in 90 days',
			definition: 'Mean net sales of the first 90 days of the first buyers whose 90th day lies in the weeks.',
			maturity: 'Known on the 90th day.'
		},
		referral_rate_orders: {
			label: 'Referred orders',
			definition: 'Share of valid orders that came by a customer’s referral code.',
			maturity: ''
		},
		flow_click_rate: {
			label: 'Flow messages clicked',
			definition: 'Messages of flows sent in the weeks with at least one click by a person, out of those delivered. Campaigns are left out.',
			maturity: 'Messages of the last days can still be clicked.'
		},
		flow_net_sales: {
			label: 'Sales credited to flows',
			definition:
				'Net sales of orders credited to the last click of a flow message sent in the weeks. Credited is not caused: see the experiments for that.',
			maturity: 'Messages of the last five days can still be credited.'
		}
	},
	weeksTitle: 'Net sales by week, new against returning',
	weeksSample: (orders, weeks) => `${orders} orders in ${weeks} weeks`,
	weekColumn: 'Week from',
	weekOf: (date) => `Week from ${date}`,
	weekOpen: 'The latest week is not over yet and is drawn hatched.',
	changedTitle: 'What changed, and why',
	changedLead: (amount) => `Net sales of the last four weeks: ${amount} against the four before. This is made up of:`,
	changedEmpty: 'Eight whole weeks are needed to say what changed.',
	changedEmptyHelp: 'It fills by itself as weeks pass.',
	changedDefinition:
		'For each kind of customer: the change in the number of orders at the value an order had before, and the change in the value of an order at the number of orders now. The parts add up to the whole change.',
	changedSample: (now, before) => `${now} orders now, ${before} before`,
	why: {
		orders: { more: (who) => `More orders ${who}`, less: (who) => `Fewer orders ${who}` },
		value: { more: (who) => `Larger orders ${who}`, less: (who) => `Smaller orders ${who}` }
	},
	whyOf: {
		new: 'of new customers',
		returning: 'of returning customers',
		unidentified: 'without identity'
	},
	whoColumn: 'Customers',
	ordersBefore: 'Orders before',
	ordersNow: 'Orders now',
	netBefore: 'Net sales before',
	netNow: 'Net sales now',
	changeColumn: 'Change',
	byOrders: 'By number of orders',
	byValue: 'By value of an order',
	doTitle: 'What to do this week',
	doEmpty: 'There is nothing to act on yet.',
	doDefinition:
		'Stages come from the time since a customer’s last order against the own rhythm and the product’s. The day for new customers is the one by which half of those who come back have done so. The share of spend is that of the last whole month.',
	seeMore: 'See more',
	do: {
		due: (customers, money) =>
			`Remind the ${customers} customers whose next order is about due; each of them has brought ${money} so far.`,
		new: (customers, day) =>
			`Speak to the ${customers} new customers before day ${day} after their first order: half of those who come back do so by then.`,
		atRisk: (customers, money) => `Win back the ${customers} customers who are later than usual; together they have brought ${money}.`,
		referral: (now, before) => `Ask for referrals again: they made ${now} of orders, after ${before} before.`,
		budget: (share, advice, month) =>
			`Move spend to the time after the purchase: in ${month} it had ${share} of the budget; ${advice} or more is advised.`,
		connectSends: 'Connect your e-mail tool (Klaviyo or Omnisend, or message_events.csv) to see which messages bring customers back.'
	},
	historyTitle: 'The whole history'
};
