// 每个页面、每个数字周围的文字。
export default {
	site: {
		name: 'Second Order',
		navigation: '页面',
		asOf: (moment, zone) => `截至 ${moment}（${zone}）`,
		asOfShort: (moment) => `截至 ${moment}`,
		language: '语言',
		light: '切换到浅色',
		dark: '切换到深色',
		loading: '正在读取最新数据',
		skip: '跳到数据',
		unreadable: '这些数据无法读取。请刷新页面；如果仍然如此，请重新运行该店铺。'
	},
	panel: {
		measured: '计算方法',
		table: '查看表格',
		download: '下载 CSV',
		downloadOf: (title) => `将“${title}”下载为 CSV`,
		definition: '定义',
		sample: '样本',
		maturity: '成熟度',
		asOf: '截至'
	},
	filters: {
		title: '显示范围',
		period: '时间',
		by: '范围',
		allTime: '全部时间',
		last: (months) => `最近 ${months} 个完整月份`,
		year: (year) => `${year} 年`,
		clear: '清除',
		is: (dimension, value) => `${dimension}：${value}`,
		months: (from, to) => `${from}至${to}`,
		notBy: (dimension) => `全部客户：不按${dimension}细分`,
		nothing: '所选范围内没有数据。',
		nothingHelp: '请在上方选择其他时间或其他范围。',
		notPeriod: '不受所选时间限制'
	},
	clauses: (...clauses) => clauses.filter(Boolean).join('；'),
	sentence: (...clauses) => `${clauses.filter(Boolean).join('；')}。`,
	yes: '是',
	no: '否'
};
