// What a higher repeat rate would bring in a year: the arithmetic, in steps that a reader can follow.

const HORIZONS = [365, 180, 90];

/**
 * What is known of a year, from the longest time that first buyers have been watched for; null if nothing is.
 * @param {any} value row of clv_summary
 * @param {any[]} cohorts rows of repeat_rate_by_cohort, of one dimension value
 * @param {any[]} months rows of cohort_retention, of the same
 * @param {string | null} open the month that isn't over (YYYY-MM)
 */
export function basis(value, cohorts, months, open) {
	if (!value || !open) return null;
	const days = HORIZONS.find(
		(horizon) =>
			value[`customers_matured_${horizon}d`] > 0 && cohorts.some((row) => row.window_days === horizon && row.mature_customers > 0)
	);
	if (!days) return null;
	const watched = cohorts.filter((row) => row.window_days === days);
	const sum = (rows, key) => rows.reduce((total, row) => total + row[key], 0);
	const mature = sum(watched, 'mature_customers');
	const rate = sum(watched, 'repeaters') / mature;
	const [year, month] = open.split('-').map(Number);
	const from = new Date(Date.UTC(year - 1, month - 1)).toISOString().slice(0, 7);
	const buyers = sum(watched.filter((row) => row.cohort >= from && row.cohort < open), 'customers');
	const worth = value[`cohort_clv_${days}d`];
	const first = value.average_order_value;
	const afterFirst = rate > 0 ? (worth - first) / rate : null;
	const net = months.reduce((total, row) => total + row.net_sales * row.customers, 0);
	const known = months.filter((row) => row.margin !== null);
	const margin = known.reduce((total, row) => total + row.margin * row.customers, 0);
	return {
		days,
		mature,
		rate,
		buyers,
		worth,
		first,
		afterFirst: afterFirst !== null && afterFirst > 0 ? afterFirst : null,
		marginShare: known.length === months.length && net > 0 ? margin / net : null
	};
}

/** What `rate` instead of today's would bring in a year, and what is left after `spend` more. */
export function outcome(base, { rate, value, spend }) {
	const comeBack = base.buyers * (rate - base.rate);
	const each = base.afterFirst * (1 + value);
	// Those who come back today spend more too, if an order grows.
	const netSales = comeBack * each + base.buyers * base.rate * base.afterFirst * value;
	const margin = base.marginShare === null ? null : netSales * base.marginShare;
	return { comeBack, each, netSales, margin, left: margin === null ? null : margin - spend };
}
