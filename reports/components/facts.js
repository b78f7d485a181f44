// What the sentences at the top of a page are computed from. Plain functions of the rows a page has read.

import { ratio, sum } from './narrow.js';

/** How a share reads as "n of 100" without ever claiming none or all by rounding. */
export function ofHundred(share) {
	if (share === null || share === undefined || !Number.isFinite(share)) return { kind: 'unknown' };
	if (share <= 0) return { kind: 'none' };
	if (share < 0.005) return { kind: 'few' };
	if (share > 0.995 && share < 1) return { kind: 'most' };
	return { kind: 'some', count: Math.round(share * 100) };
}

/** Repeat over all cohorts: one row a window, ordered by window. A rate without a mature person is null. */
export function byWindow(cohorts) {
	const windows = new Map();
	for (const row of cohorts) {
		const sum = windows.get(row.window_days) ?? { window_days: row.window_days, customers: 0, mature: 0, repeaters: 0 };
		sum.customers += row.customers;
		sum.mature += row.mature_customers;
		sum.repeaters += row.repeaters;
		windows.set(row.window_days, sum);
	}
	return [...windows.values()]
		.sort((one, other) => one.window_days - other.window_days)
		.map((sum) => ({ ...sum, rate: sum.mature > 0 ? sum.repeaters / sum.mature : null }));
}

/** Newest fully watched cohorts against as many before them; null when there are too few to compare. */
export function recentAgainstEarlier(cohorts, windowDays, months = 3) {
	const judged = cohorts.filter(
		(row) =>
			row.window_days === windowDays &&
			row.customers > 0 &&
			row.mature_customers === row.customers &&
			!row.may_hold_older_customers
	);
	if (judged.length < 2 * months) return null;
	const rate = (rows) => {
		const mature = rows.reduce((sum, row) => sum + row.mature_customers, 0);
		return rows.reduce((sum, row) => sum + row.repeaters, 0) / mature;
	};
	return {
		months,
		recent: rate(judged.slice(-months)),
		earlier: rate(judged.slice(-2 * months, -months))
	};
}

/** Repeat of cohorts' rows together, with its interval. A rate without a mature person is null. */
export function repeatOf(rows) {
	const customers = sum(rows, 'customers');
	const mature = sum(rows, 'mature_customers');
	const repeaters = sum(rows, 'repeaters');
	return { customers, mature, repeaters, rate: ratio(repeaters, mature), ...wilson(repeaters, mature) };
}

/** 95 % Wilson score interval of a share, without continuity correction, as the models have it; nulls without trials. */
function wilson(successes, trials) {
	if (!trials) return { low: null, high: null };
	const z = 1.959963984540054;
	const share = successes / trials;
	const spread = z * Math.sqrt((share * (1 - share)) / trials + (z * z) / (4 * trials * trials));
	const scale = 1 + (z * z) / trials;
	const centre = share + (z * z) / (2 * trials);
	return { low: Math.max(0, (centre - spread) / scale), high: Math.min(1, (centre + spread) / scale) };
}

/** Share of the last 12 months' net sales that customers with an earlier order brought; null if unknown. */
export function returningShare(sales) {
	const months = [...new Set(sales.map((row) => row.month))].sort().slice(-12);
	const recent = sales.filter((row) => months.includes(row.month));
	const net = recent.reduce((sum, row) => sum + row.net_sales, 0);
	const returning = recent
		.filter((row) => row.customer_type === 'returning')
		.reduce((sum, row) => sum + row.net_sales, 0);
	if (months.length < 12 || net <= 0 || returning < 0 || returning > net) return null;
	return returning / net;
}

/** The shop's local calendar month that is not over at `asOf` (YYYY-MM). */
export function openMonth(asOf, timeZone) {
	if (!asOf) return null;
	const parts = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit' }).formatToParts(
		new Date(asOf)
	);
	const part = (type) => parts.find((found) => found.type === type).value;
	return `${part('year')}-${part('month')}`;
}

/** `days` after an ISO date, as an ISO date. */
export function daysAfter(date, days) {
	const moment = new Date(`${date}T00:00:00Z`);
	moment.setUTCDate(moment.getUTCDate() + days);
	return moment.toISOString().slice(0, 10);
}
