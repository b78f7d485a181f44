// Chart colours. ECharts draws on a canvas, which can't read the CSS variables of site.css: keep both alike.

export const palette = {
	light: {
		surface: '#ffffff',
		ink: '#1d2733',
		muted: '#5d6876',
		line: '#e7e4dd',
		returning: '#17666b',
		fresh: '#e2b566',
		unidentified: '#c5cad0',
		// From the shortest window to the longest.
		lines: ['#e2b566', '#b9b98a', '#83b3a2', '#448f8d', '#114f54'],
		// Things of a kind without an order.
		many: ['#17666b', '#e2b566', '#83b3a2', '#b5654a', '#4a5d8f', '#b79ab8', '#8a8f6a', '#c5cad0'],
		bad: '#b5654a'
	},
	dark: {
		surface: '#1a222b',
		ink: '#e8ecef',
		muted: '#a3afba',
		line: '#2f3b47',
		returning: '#53b5ae',
		fresh: '#d8aa55',
		unidentified: '#5f6b77',
		lines: ['#d8aa55', '#8a8f6a', '#5f9488', '#53b5ae', '#b4ece4'],
		many: ['#53b5ae', '#d8aa55', '#8fc7b3', '#dc8f72', '#8fa3d9', '#c3a3c9', '#a5a982', '#5f6b77'],
		bad: '#dc8f72'
	}
};

/** From which part of the scale on a coloured cell needs the other ink, so that both are 4.5 : 1 (see site.css). */
export const STRONG_FROM = { light: 0.77, dark: 0.58 };
