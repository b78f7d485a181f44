// Pieces that several charts share.

/** Diagonal hatching: "not the whole of it yet". */
export const hatched = (surface) => ({
	symbol: 'rect',
	symbolSize: 1,
	dashArrayX: [1, 0],
	dashArrayY: [2, 4],
	rotation: Math.PI / 4,
	color: surface
});
/** Without hatching: overrides the pattern of the series. */
export const plain = undefined;

const escaped = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** A tooltip: a heading, then lines of [colour or null, name, value]. Everything is escaped. */
export function tooltip(heading, lines, footnote = '') {
	const rows = lines
		.map(([colour, name, value]) => {
			const dot = colour
				? `<span style="display:inline-block;width:9px;height:9px;border-radius:2px;margin-right:8px;background:${escaped(colour)}"></span>`
				: '';
			return `<tr><td style="padding:1px 18px 1px 0">${dot}${escaped(name)}</td><td style="text-align:right;font-weight:600;font-variant-numeric:tabular-nums">${escaped(value)}</td></tr>`;
		})
		.join('');
	const foot = footnote ? `<div style="margin-top:6px;opacity:.75;max-width:260px;white-space:normal">${escaped(footnote)}</div>` : '';
	return `<div style="font-weight:600;margin-bottom:4px">${escaped(heading)}</div><table>${rows}</table>${foot}`;
}
