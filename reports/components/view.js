// What a reader chose, as the address holds it: ?channel=amazon&period=12m&lang=zh. A link to it shows another
// reader the same. One dimension at a time, as the reporting tables have it.

export const LANGUAGES = ['en', 'zh'];
/** The dimensions that can be chosen, by their name in the address. */
export const DIMENSIONS = {
	source: 'acquisition_source',
	channel: 'channel',
	market: 'market',
	type: 'product_type'
};
/** Full months back from the month that is not over. */
export const MONTHS_BACK = [3, 6, 12, 24];

/** The choices an address holds; what it doesn't say is left out, what it says wrongly too. */
export function fromSearch(search) {
	const asked = new URLSearchParams(search);
	const view = {};
	if (LANGUAGES.includes(asked.get('lang'))) view.lang = asked.get('lang');
	const period = asked.get('period');
	if (MONTHS_BACK.some((months) => period === `${months}m`) || /^(19|20)\d\d$/.test(period)) view.period = period;
	const [name] = Object.keys(DIMENSIONS).filter((key) => asked.get(key));
	if (name) Object.assign(view, { dimension: DIMENSIONS[name], value: asked.get(name) });
	return view;
}

/** `?channel=amazon&lang=zh` of the choices made, or nothing. */
export function toSearch(view) {
	const search = new URLSearchParams();
	const [name] = Object.entries(DIMENSIONS).find(([, dimension]) => dimension === view.dimension) ?? [];
	if (name && view.value) search.set(name, view.value);
	if (view.period) search.set('period', view.period);
	if (view.lang) search.set('lang', view.lang);
	const written = search.toString();
	return written && `?${written}`;
}

/** First and last month (YYYY-MM) of a period; null where it has no end. `open` is the month that isn't over. */
export function monthsOf(period, open) {
	if (!period) return { from: null, to: null };
	if (!period.endsWith('m')) return { from: `${period}-01`, to: `${period}-12` };
	if (!open) return { from: null, to: null };
	return { from: monthsBefore(open, Number(period.slice(0, -1))), to: monthsBefore(open, 1) };
}

function monthsBefore(month, count) {
	const [year, number] = month.split('-').map(Number);
	return new Date(Date.UTC(year, number - 1 - count)).toISOString().slice(0, 7);
}

/**
 * How rows of a reporting table are narrowed to what was chosen. `pick(rows, month)`: `month` names the column that
 * holds a month (YYYY-MM or an ISO date), where the table has one. Without a choice the rows of all are left.
 * `within(date)`: whether one such date lies in the period.
 */
export function filterOf(view, open) {
	const dimension = view.dimension ?? 'all';
	const value = view.dimension ? view.value : 'all';
	const { from, to } = monthsOf(view.period, open);
	const within = (date) => {
		const month = String(date).slice(0, 7);
		return (!from || month >= from) && (!to || month <= to);
	};
	return {
		dimension,
		value,
		period: view.period ?? null,
		from,
		to,
		within,
		pick: (rows, month) =>
			rows.filter(
				(row) =>
					(row.dimension === undefined || (row.dimension === dimension && row.dimension_value === value)) &&
					(!month || within(row[month]))
			)
	};
}

/** The language of the last visit, else the browser's; undefined where that is the site's own. */
export function usualLanguage() {
	let kept;
	try {
		kept = localStorage.getItem('second-order-language');
	} catch {
		// A browser that keeps nothing.
	}
	if (LANGUAGES.includes(kept)) return kept;
	return navigator.language?.toLowerCase().startsWith('zh') ? 'zh' : undefined;
}

export function keepLanguage(lang) {
	try {
		localStorage.setItem('second-order-language', lang);
	} catch {
		// A browser that keeps nothing: the address still says it.
	}
}
