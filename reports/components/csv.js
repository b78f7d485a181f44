// A table as a CSV file that opens rightly in a spreadsheet: UTF-8 with BOM, full precision, and no cell
// that a spreadsheet would run as a formula.

function cell(value) {
	if (value === null || value === undefined) return '';
	if (typeof value === 'number' || typeof value === 'boolean') return String(value);
	const text = String(value);
	const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
	return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** @param {{ key: string }[]} columns @param {Record<string, unknown>[]} rows */
export function toCsv(columns, rows) {
	const lines = [columns.map((column) => cell(column.key)).join(',')];
	for (const row of rows) lines.push(columns.map((column) => cell(row[column.key])).join(','));
	return `\uFEFF${lines.join('\r\n')}\r\n`;
}

export function downloadCsv(filename, columns, rows) {
	const url = URL.createObjectURL(new Blob([toCsv(columns, rows)], { type: 'text/csv;charset=utf-8' }));
	const link = Object.assign(document.createElement('a'), { href: url, download: `${filename}.csv` });
	link.click();
	URL.revokeObjectURL(url);
}
