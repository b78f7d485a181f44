export default {
	title: 'Budget and what-if',
	noSpend: 'No marketing spend is known.',
	noSpendHelp: 'Put marketing_spend.csv into the drop folder (date, channel, stage: acquisition or post_purchase, amount) and run the shop again.',
	answer: (after, hundred) => `Of every ${hundred} of marketing spend, ${after} goes to the time after the purchase.`,
	advice: (low, high, place) =>
		`Advice in circulation is ${low} to ${high}: this is ${{ below: 'less', within: 'within it', above: 'more' }[place]}.`,
	rateNow: (share, days) => `${share} of first buyers come back within ${days} days. The sliders below show what more of them would bring.`,
	acquisition: 'Before the purchase',
	after: 'After the purchase',
	share: 'Share after the purchase',
	splitTitle: 'Spend before and after the purchase',
	splitLead: (low, high) => `Advice in circulation gives ${low} to ${high} to the time after the purchase.`,
	splitDefinition:
		'Marketing spend of each month by its stage: winning a customer (acquisition), or bringing one back (post-purchase), in the shop’s currency at the day’s rate. The advice is advice, not a measurement.',
	splitSample: (money, months) => `${money} in ${months} months`,
	withoutRate: 'Some spend has no exchange rate and is left out.',
	whatIfTitle: 'What if more came back',
	whatIfLead: 'Move the sliders; everything is reckoned anew from what is measured.',
	whatIfEmpty: 'Too early: no first buyer has been watched long enough to reckon from.',
	whatIfEmptyHelp: 'It needs first buyers watched for 90 days, some of whom came back.',
	whatIfDefinition:
		'First buyers of the last 12 full months, times the points by which the repeat rate grows, times what a first buyer who comes back brings after the first order: the value of a first buyer less an average order, divided by the repeat rate. It says what a change would be worth, not that it can be had.',
	whatIfMaturity: (days) => `Value and repeat rate are of first buyers watched for ${days} days.`,
	sliderRate: 'Come back',
	sliderValue: 'Later orders larger by',
	sliderSpend: 'More spend a year',
	result: (from, to, money) => `From ${from} to ${to} of first buyers coming back: ${money} more net sales a year.`,
	resultLeft: (from, to, money, left) =>
		`From ${from} to ${to} of first buyers coming back: ${money} more net sales a year, of which ${left} is left after goods and spend.`,
	stepBuyers: 'First buyers of the last 12 full months',
	stepRate: (days) => `Come back within ${days} days today`,
	stepTarget: 'Come back then',
	stepBack: 'More customers who come back',
	stepEach: (worth, first, days) =>
		`Each brings after the first order (a first buyer is worth ${worth} in ${days} days, an order ${first})`,
	stepNet: 'More net sales a year',
	stepMargin: (share) => `Of it margin (${share} of net sales)`,
	stepSpend: 'More spend',
	stepLeft: 'Left a year'
};
