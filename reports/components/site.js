// What every component needs to know: the shop that is shown, the language and how to write its figures.
// It lives in Svelte's context rather than in a module: pages and the layout are compiled from two copies
// of this folder, and a module would exist twice.
import { getContext, setContext } from 'svelte';
import { derived, writable } from 'svelte/store';
import english from './text/en.js';
import { formatter } from './format.js';

const KEY = 'second-order';

/** Called once, by the layout. Returns the stores; `shop` is undefined until the shop is known. */
export function provideSite() {
	const shop = writable(undefined);
	const appearance = writable('light');
	const text = writable(english);
	const format = derived([shop, text], ([$shop, $text]) =>
		formatter({
			locale: $text.locale,
			currency: $shop?.currency ?? 'XXX',
			timeZone: $shop?.timezone ?? 'UTC'
		})
	);
	return setContext(KEY, { shop, appearance, text, format });
}

/** @returns {ReturnType<typeof provideSite>} */
export function useSite() {
	return getContext(KEY);
}
