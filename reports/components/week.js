// What the page of the week computes from its rows. Plain functions.

const TYPES = ['new', 'returning', 'unidentified'];

/** The last `count` whole weeks and as many before them; null unless there are that many whole weeks. */
export function lastWeeks(weeks, count = 4) {
	const whole = [...new Set(weeks.filter((row) => row.is_complete).map((row) => row.week))].sort();
	if (!whole.length) return null;
	// Weeks in which nobody bought have no row: they are counted by the calendar.
	const last = new Date(`${whole.at(-1)}T00:00:00Z`).getTime();
	const monday = (back) => new Date(last - back * 7 * 86_400_000).toISOString().slice(0, 10);
	if (monday(2 * count - 1) < whole[0]) return null;
	const within = (from, to) => (row) => row.week >= from && row.week <= to;
	return {
		now: weeks.filter(within(monday(count - 1), monday(0))),
		before: weeks.filter(within(monday(2 * count - 1), monday(count)))
	};
}

/**
 * What net sales changed by, for each kind of customer: through the number of orders (at the value they had) and
 * through the value of an order. The two parts add up to the change.
 */
export function changeByPart({ now, before }) {
	const sum = (rows, type, key) => rows.filter((row) => row.customer_type === type).reduce((total, row) => total + row[key], 0);
	return TYPES.map((type) => {
		const [orders, net] = [sum(now, type, 'orders'), sum(now, type, 'net_sales')];
		const [ordersBefore, netBefore] = [sum(before, type, 'orders'), sum(before, type, 'net_sales')];
		// Without orders on one side there is no value of an order to speak of: all of it is orders.
		const both = orders > 0 && ordersBefore > 0;
		const byOrders = both ? (orders - ordersBefore) * (netBefore / ordersBefore) : net - netBefore;
		return {
			type,
			orders,
			net,
			ordersBefore,
			netBefore,
			change: net - netBefore,
			byOrders,
			byValue: net - netBefore - byOrders
		};
	}).filter((part) => part.net !== 0 || part.netBefore !== 0);
}

/** Whether a figure of the scorecard moved: up, down, or not more than chance would; null if nothing to compare. */
export function direction(row) {
	if (row.difference === null || row.difference === undefined) return null;
	if (row.difference_low !== null && row.difference_low !== undefined) {
		if (row.difference_low <= 0 && row.difference_high >= 0) return 'unclear';
	} else if (Math.abs(row.difference) < 1e-9) {
		return 'unclear';
	}
	return row.difference > 0 ? 'up' : 'down';
}

/** Where a figure lies against published ones of the same definition; null without any. */
export function againstBenchmark(row) {
	if (row.benchmark_low === null || row.benchmark_low === undefined) return null;
	if (row.value < row.benchmark_low) return 'below';
	if (row.value > row.benchmark_high) return 'above';
	return 'within';
}
