// What stands around every page and every figure.
export default {
	site: {
		name: 'Second Order',
		navigation: 'Pages',
		asOf: (moment, zone) => `As of ${moment} (${zone})`,
		asOfShort: (moment) => `as of ${moment}`,
		language: 'Language',
		light: 'Switch to light colours',
		dark: 'Switch to dark colours',
		loading: 'Reading the latest figures',
		skip: 'Skip to the figures',
		unreadable: 'These figures could not be read. Reload the page; if it stays, run the shop again.'
	},
	panel: {
		measured: 'How this is measured',
		table: 'See the table',
		download: 'Download CSV',
		downloadOf: (title) => `Download “${title}” as CSV`,
		definition: 'Definition',
		sample: 'Sample',
		maturity: 'Maturity',
		asOf: 'As of'
	},
	filters: {
		title: 'What is shown',
		period: 'Period',
		by: 'Show',
		allTime: 'All time',
		last: (months) => `Last ${months} full months`,
		year: (year) => `${year}`,
		clear: 'Clear',
		is: (dimension, value) => `${dimension}: ${value}`,
		months: (from, to) => `${from} to ${to}`,
		notBy: (dimension) => `All customers: not split by ${dimension.toLowerCase()}`,
		nothing: 'There is nothing in what you chose.',
		nothingHelp: 'Choose another period or another value above.',
		notPeriod: 'Not limited to the period'
	},
	clauses: (...clauses) => clauses.filter(Boolean).join('; '),
	/** Clauses as one sentence; empty ones are left out. */
	sentence: (...clauses) => `${clauses.filter(Boolean).join('; ')}.`,
	yes: 'yes',
	no: 'no'
};
