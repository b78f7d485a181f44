// Sums over rows of the reporting tables.

export const sum = (rows, key) => rows.reduce((total, row) => total + (row[key] ?? 0), 0);

/** `part / whole`, or null where there is no whole. */
export const ratio = (part, whole) => (whole > 0 ? part / whole : null);

/** Rows by the value of a column, in order of first appearance. */
export function grouped(rows, key) {
	const groups = new Map();
	for (const row of rows) groups.set(row[key], [...(groups.get(row[key]) ?? []), row]);
	return groups;
}

/** The months of `rows` without a gap, so that a month without rows is a month without anything. */
export function monthsOf(rows, key = 'month') {
	const known = rows.map((row) => row[key]).filter(Boolean).sort();
	if (!known.length) return [];
	const months = [];
	const last = known[known.length - 1].slice(0, 7);
	let [year, month] = known[0].split('-').map(Number);
	for (;;) {
		const text = `${year}-${String(month).padStart(2, '0')}`;
		months.push(`${text}-01`);
		if (text >= last) return months;
		month += 1;
		if (month > 12) [year, month] = [year + 1, 1];
	}
}

/** What others reach, as `benchmarks` has it: lowest and highest of the named rows, and who says so (`said` by key). */
export function benchmark(benchmarks, keys, said) {
	const rows = keys.map((key) => benchmarks.find((row) => row.benchmark_key === key)).filter(Boolean);
	if (!rows.length) return null;
	return {
		low: Math.min(...rows.map((row) => row.value_low)),
		high: Math.max(...rows.map((row) => row.value_high)),
		sources: rows.map((row) => [said[row.benchmark_key]?.source ?? row.benchmark_key, row.year].filter(Boolean).join(', '))
	};
}
