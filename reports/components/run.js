// What run_info tells in JSON text, as rows.

/**
 * A list of objects as it is, or an object nested by `keys` with the measure at its leaves ({"orders": {"quantity": 12}}).
 * Whatever else it holds is left out rather than shown wrongly.
 */
export function listed(json, keys = [], measure = 'value') {
	let parsed;
	try {
		parsed = typeof json === 'string' ? JSON.parse(json) : json;
	} catch {
		return [];
	}
	if (Array.isArray(parsed)) return parsed.filter((row) => row && typeof row === 'object');
	const walk = (value, depth, row) => {
		if (value === null || value === undefined) return [];
		if (typeof value !== 'object') return [{ ...row, [measure]: value }];
		if (depth >= keys.length) return [];
		return Object.entries(value).flatMap(([name, inner]) => walk(inner, depth + 1, { ...row, [keys[depth]]: name }));
	};
	return walk(parsed, 0, {});
}
