// Every text of the site in English: one file a page, and what pages share. Another language has the same files
// with the same keys. A text that holds figures is a function of figures that are already formatted.
import audiences from './audiences.js';
import benchmark from './benchmark.js';
import budget from './budget.js';
import column from './column.js';
import diagnosis from './diagnosis.js';
import experiments from './experiments.js';
import figure from './figure.js';
import flows from './flows.js';
import home from './home.js';
import lifetime from './lifetime.js';
import names from './names.js';
import products from './products.js';
import referral from './referral.js';
import retention from './retention.js';
import site from './site.js';
import trust from './trust.js';
import voice from './voice.js';

export default {
	locale: 'en-GB',
	html: 'en',
	...site,
	benchmark,
	column,
	figure,
	names,
	home,
	retention,
	lifetime,
	flows,
	experiments,
	products,
	voice,
	referral,
	audiences,
	diagnosis,
	budget,
	trust
};
