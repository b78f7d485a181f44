// What flow_lift says of a test, for the pages that show it.

/** One entry a test: its name, its rows by metric, and the row of the order rate, which every test has. */
export function testsOf(lifts, { name, allMarketing }) {
	const tests = new Map();
	for (const row of lifts) {
		const test = tests.get(row.experiment_key) ?? { key: row.experiment_key, metrics: {} };
		test.metrics[row.metric] = row;
		tests.set(row.experiment_key, test);
	}
	return [...tests.values()].map((test) => {
		const main = test.metrics.order_rate ?? Object.values(test.metrics)[0];
		const flow = main.flow_name ?? main.flow_id;
		return {
			...test,
			main,
			name: flow ?? (main.is_causal ? allMarketing : test.key),
			class: main.flow_class ? name('flow', main.flow_class) : '',
			known: main.is_causal && main.withheld_reason === null && main.difference !== null
		};
	});
}

/** Difference and intervals of a metric: adjusted by the time before where that was possible. */
export function best(row) {
	const adjusted = row.cuped_difference !== null && row.cuped_difference !== undefined;
	const of = (plain, cuped) => (adjusted ? row[cuped] : row[plain]);
	return {
		adjusted,
		value: of('difference', 'cuped_difference'),
		low: of('difference_low', 'cuped_low'),
		high: of('difference_high', 'cuped_high'),
		sequentialLow: of('sequential_low', 'cuped_sequential_low'),
		sequentialHigh: of('sequential_high', 'cuped_sequential_high')
	};
}
