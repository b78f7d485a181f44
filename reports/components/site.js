// What every component needs to know: the shop that is shown, the language, the filters, and how to write
// figures. It lives in Svelte's context rather than in a module: pages and the layout are compiled from two
// copies of this folder, and a module would exist twice.
import { getContext, setContext } from 'svelte';
import { derived, writable } from 'svelte/store';
import en from './text/en/index.js';
import zh from './text/zh/index.js';
import { formatter, named } from './format.js';
import { openMonth } from './facts.js';
import { filterOf, toSearch } from './view.js';

const KEY = 'second-order';
const LANGUAGES = { en, zh };

/** Called once, by the layout. Returns the stores; `shop` is undefined until the shop is known. */
export function provideSite() {
	const shop = writable(undefined);
	const appearance = writable('light');
	// What the reader chose and the address holds: see view.js.
	const view = writable({});
	const text = derived(view, ($view) => LANGUAGES[$view.lang] ?? en);
	const format = derived([shop, text], ([$shop, $text]) =>
		formatter({
			locale: $text.locale,
			currency: $shop?.currency ?? 'XXX',
			timeZone: $shop?.timezone ?? 'UTC'
		})
	);
	/** `$name('channel', 'own_store')` → Own store */
	const name = derived(text, ($text) => (group, value) => named($text.names[group], value));
	/** `$link('/retention/')` → the address of another page with the reader's language and filters */
	const link = derived(view, ($view) => (path) => `${path}${toSearch($view)}`);
	/** `$filter.pick(rows, 'month')` → the rows of what the reader chose */
	const filter = derived([view, shop], ([$view, $shop]) => filterOf($view, openMonth($shop?.as_of, $shop?.timezone)));
	return setContext(KEY, { shop, appearance, view, text, format, name, link, filter });
}

/** @returns {ReturnType<typeof provideSite>} */
export function useSite() {
	return getContext(KEY);
}
