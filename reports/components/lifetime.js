// What the lifetime page computes from its rows. Plain functions.

/**
 * Value a customer by months since the first order, over cohorts: each month's mean over the cohorts whose month is
 * over, added up, so that a young cohort that falls out never makes the curve fall. `measure` names the column.
 * @returns {{ months: number, value: number, customers: number }[]}
 */
export function meanCurve(rows, measure) {
	const sums = new Map();
	for (const row of rows) {
		if (!row.is_mature || row[measure] === null || row[measure] === undefined) continue;
		const sum = sums.get(row.months_since) ?? { customers: 0, total: 0 };
		sum.customers += row.customers;
		sum.total += row[measure] * row.customers;
		sums.set(row.months_since, sum);
	}
	const curve = [];
	let value = 0;
	for (let months = 0; sums.has(months); months++) {
		const { customers, total } = sums.get(months);
		value += total / customers;
		curve.push({ months, value, customers });
	}
	return curve;
}

/** The quarter of a month (YYYY-MM): 2025-Q1. */
export const quarterOf = (month) => `${month.slice(0, 4)}-Q${Math.ceil(Number(month.slice(5, 7)) / 3)}`;

/** Which source's costs stand for what the reader chose; null where costs aren't split that way. */
export function costSource(filter) {
	if (filter.dimension === 'all') return 'all';
	return filter.dimension === 'acquisition_source' ? filter.value : null;
}

/**
 * What winning a customer cost, over the cohorts with a known cost, and after how many months the mean cumulative margin
 * had paid it back (null: not yet, or not known).
 */
export function costToWin(payback, filter) {
	const unknown = { cac: null, months: null, firstMargin: null, customers: 0, curve: [] };
	const source = costSource(filter);
	const rows = filter.pick(payback, 'cohort').filter((row) => row.acquisition_source === source && row.cac !== null);
	if (!source || !rows.length) return unknown;
	const cohorts = rows.filter((row) => row.months_since === 0);
	const customers = cohorts.reduce((sum, row) => sum + row.customers, 0);
	if (!customers) return unknown;
	const cac = cohorts.reduce((sum, row) => sum + row.acquisition_spend, 0) / customers;
	// From cumulative to each month's own, then the mean of those that are over.
	const before = new Map(rows.map((row) => [`${row.cohort} ${row.months_since}`, row.cumulative_margin_per_customer]));
	const own = rows.map((row) => ({
		...row,
		margin:
			row.cumulative_margin_per_customer === null
				? null
				: row.cumulative_margin_per_customer - (before.get(`${row.cohort} ${row.months_since - 1}`) ?? 0)
	}));
	const curve = meanCurve(own, 'margin');
	return {
		cac,
		customers,
		curve,
		firstMargin: curve[0]?.value ?? null,
		months: curve.find((point) => point.value >= cac)?.months ?? null
	};
}
