// What a reader chose, as the address holds it: ?lang=zh. A link to it shows another reader the same.

export const LANGUAGES = ['en', 'zh'];
const KEYS = ['lang'];

/** The choices an address holds; what it doesn't say is left out, what it says wrongly too. */
export function fromSearch(search) {
	const asked = new URLSearchParams(search);
	const view = {};
	if (LANGUAGES.includes(asked.get('lang'))) view.lang = asked.get('lang');
	return view;
}

/** `?lang=zh` of the choices made, or nothing. */
export function toSearch(view) {
	const search = new URLSearchParams();
	for (const key of KEYS) if (view[key]) search.set(key, view[key]);
	const written = search.toString();
	return written && `?${written}`;
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
