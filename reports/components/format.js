// How figures and dates are written. Pages hand over numbers and ISO dates and never format by hand.

const MISSING = '–';
/** Whether a figure is known. */
export const isNumber = (value) => value !== null && value !== undefined && Number.isFinite(Number(value));

/** @param {{ locale: string, currency: string, timeZone: string }} shop */
export function formatter({ locale, currency, timeZone }) {
	const number = (options) => new Intl.NumberFormat(locale, options);
	const counts = number({ maximumFractionDigits: 0 });
	const shares = number({ style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 });
	const signedShares = number({ style: 'percent', maximumFractionDigits: 1, signDisplay: 'exceptZero' });
	const signedPoints = number({ minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay: 'exceptZero' });
	const decimals = number({ minimumFractionDigits: 2, maximumFractionDigits: 2 });
	const wholeShares = number({ maximumFractionDigits: 0 });
	// Where nothing reaches 10 %, whole percents would make most figures alike.
	const tenths = number({ minimumFractionDigits: 1, maximumFractionDigits: 1 });
	const money = (digits) =>
		number({
			style: 'currency',
			currency,
			currencyDisplay: 'narrowSymbol',
			minimumFractionDigits: digits,
			maximumFractionDigits: digits
		});
	const exactly = number({ maximumFractionDigits: 4 });
	const amounts = money(2);
	const wholeAmounts = money(0);
	const signedAmounts = number({
		style: 'currency',
		currency,
		currencyDisplay: 'narrowSymbol',
		maximumFractionDigits: 0,
		signDisplay: 'exceptZero'
	});
	const shortAmounts = number({
		style: 'currency',
		currency,
		currencyDisplay: 'narrowSymbol',
		notation: 'compact',
		maximumFractionDigits: 1
	});
	// Days and months are the shop's own and carry no clock: they are read and written as UTC.
	const day = (options) => new Intl.DateTimeFormat(locale, { timeZone: 'UTC', ...options });
	const months = day({ month: 'short', year: 'numeric' });
	const dates = day({ day: 'numeric', month: 'short', year: 'numeric' });
	const daysOfMonth = day({ day: 'numeric', month: 'short' });
	const moments = new Intl.DateTimeFormat(locale, {
		timeZone,
		day: 'numeric',
		month: 'short',
		year: 'numeric',
		hour: '2-digit',
		minute: '2-digit',
		hourCycle: 'h23'
	});

	const written = (write) => (value) => (isNumber(value) ? write(Number(value)) : MISSING);
	const iso = (text) => new Date(`${String(text).slice(0, 7)}-${String(text).slice(8, 10) || '01'}T00:00:00Z`);
	const dated = (style) => (value) => (value ? style.format(iso(value)) : MISSING);

	return {
		missing: MISSING,
		count: written((value) => counts.format(value)),
		/** 0.4549 → 45.5% */
		share: written((value) => shares.format(value)),
		/** 0.122 → +12.2% */
		signedShare: written((value) => signedShares.format(value)),
		/** 0.0203 → +2.0, said with `points` */
		signedPoints: written((value) => signedPoints.format(value * 100)),
		/** -9481.6 → -$9,482 */
		signedMoney: written((value) => signedAmounts.format(value)),
		/** 1.0009 → 1.00 */
		decimal: written((value) => decimals.format(value)),
		/** 0.4549 → 45, for cells whose unit is said in the heading; `most` is the largest share beside it. */
		cellShare: (value, most) =>
			isNumber(value) ? (most < 0.1 && value !== 0 ? tenths : wholeShares).format(value * 100) : MISSING,
		money: written((value) => amounts.format(value)),
		/** Without cents: for large sums on cards. */
		wholeMoney: written((value) => (Math.abs(value) < 1000 ? amounts : wholeAmounts).format(value)),
		/** 5.513 → 5.5: points, hours, days, stars */
		number: written((value) => tenths.format(value)),
		/** 0.04567 → 0.0457: a figure on a statistic's own scale */
		exact: written((value) => exactly.format(value)),
		/** 0.583 → £58, to be read with `hundred`: £58 of every £100 */
		hundredth: written((share) => money(0).format(Math.round(share * 100))),
		hundred: () => money(0).format(100),
		/** 1,234,567 → £1.2M, for axes */
		shortMoney: written((value) => shortAmounts.format(value)),
		month: dated(months),
		date: dated(dates),
		dayAndMonth: dated(daysOfMonth),
		moment: (value) => (value ? moments.format(new Date(value)) : MISSING),
		text: (value) => (value === null || value === undefined || value === '' ? MISSING : String(value))
	};
}

/** A step or reason as the models name it, for reading: `gift_card_only` → `Gift card only`. */
export function readable(name) {
	const words = String(name ?? '').replaceAll('_', ' ').trim();
	return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A value of the models in the reader's language; one that is the shop's own as it is. */
export function named(names, value) {
	if (value === null || value === undefined || value === '') return MISSING;
	return names?.[value] ?? (/^[a-z0-9]+(_[a-z0-9]+)+$/.test(value) ? readable(value) : String(value));
}
