export default {
	title: '本周',
	noOrders: '还没有收到有效订单。',
	noOrdersHelp: '把 orders.csv 和 order_lines.csv 放进店铺的 drop 文件夹，再运行一次：本页会自动填充。',
	returnWithin: (phrase, days) => `${days} 天内，${phrase}`,
	comeBack: (count) => `每 100 位首购客户中有 ${count} 位再次购买`,
	fewComeBack: '每 100 位首购客户中再次购买的不到 1 位',
	noneComeBack: (watched) => `${watched} 位首购客户中没有人再次购买`,
	moreComeBack: '每 100 位首购客户中有 99 位以上再次购买',
	neverAgain: (count) => `每 100 位中有 ${count} 位至今没有再下单`,
	tooEarly: (days) => `现在还无法判断 ${days} 天内有多少首购客户会再次购买：还没有人被观察满这段时间。`,
	soFar: (again, all) => `到目前为止，${all} 位中有 ${again} 位下了第二单。`,
	returningShare: (of100, hundred) => `过去 12 个月，每 ${hundred} 净销售额中有 ${of100} 来自以前买过的客户。`,
	figures: '五个关键数字',
	salesTitle: '每月净销售额：新客与老客',
	salesEmpty: '还没有销售。订单载入后，这里会显示每个月新客和老客分别带来了多少。',
	salesDefinition:
		'有效订单的销售总额减去折扣，再减去退款。退款计入发生的当天，因此已经结束的月份不会再变。税、运费和礼品卡销售始终不计入。客户的第一笔有效订单算新客，从第二笔起算老客；无法识别身份的订单单独列出。',
	salesSample: (orders, months) => `${months} 个月中的 ${orders} 笔订单`,
	monthOpen: (month) => `${month}尚未结束，用斜线表示。`,
	newCustomers: '新客',
	returningCustomers: '老客',
	unidentified: '无法识别',
	repeatTitle: (days) => `${days} 天内再次购买的首购客户，按首单月份`,
	weekAnswer: (money, change) => `最近四个整周的净销售额：${money}，与此前四周相比 ${change}。`,
	scoreTitle: '最近四周',
	scoreLead: (from, to, beforeFrom, beforeTo) => `${from}至${to}，对比 ${beforeFrom}至${beforeTo}。`,
	scoreEmpty: '距第一笔订单还没有过完四个整周。',
	scoreEmptyHelp: '随着时间推移，记分卡会自动填充。',
	scoreDefinition:
		'整周为周一至周日，四周对比此前四周，因此变化不会来自星期几的差别。需要 90 天才能知道的数字，取第 90 天落在这几周内的首购客户。比例变化的 95% 区间（Newcombe）包含 0 时，称为不明确。只有定义相同的数字旁边才会列出基准。',
	noPrevious: '还没有可以对比的数据',
	unclear: (before) => `没有明确变化（此前 ${before}）`,
	against: (change, before) => `${change}（此前 ${before}）`,
	points: (points) => `${points} 个百分点`,
	outOf: (part, all) => `${all} 中有 ${part}`,
	ofBuyers: (buyers) => `${buyers} 位首购客户`,
	benchmark: {
		below: (range) => `低于他人公布的水平：${range}`,
		within: (range) => `处于他人公布的水平之内：${range}`,
		above: (range) => `高于他人公布的水平：${range}`
	},
	figureColumn: '数字',
	nowColumn: '最近四周',
	beforeColumn: '此前四周',
	counted: '计数',
	outOfColumn: '总数',
	benchmarkLow: '基准下限',
	benchmarkHigh: '基准上限',
	score: {
		net_sales: {
			label: '净销售额',
			definition: '这几周有效订单的销售总额减去折扣，再减去退款。退款计入发生的当天。',
			maturity: ''
		},
		returning_share: {
			label: '复购销售占比',
			definition: '以前有过有效订单的客户的净销售额，占全部可识别客户净销售额的比例。',
			maturity: ''
		},
		repeat_rate_90d: {
			label: '90 天内的第二单',
			definition: '首单后第 90 天落在这几周内的首购客户中，届时已再次下单的比例。',
			maturity: '到第 90 天才能知道；他们是大约三到四个月前的首购客户。'
		},
		lifetime_repeat_share: {
			label: '曾经购买两次',
			definition: '截至最后一天已有首单的全部客户中，届时有两笔或更多有效订单的比例。',
			maturity: '新近客户的时间还短，因此它低于最终的水平。'
		},
		clv_90d: {
			label: '首购客户 90 天价值',
			definition: '第 90 天落在这几周内的首购客户，其前 90 天净销售额的平均值。',
			maturity: '到第 90 天才能知道。'
		},
		referral_rate_orders: {
			label: '推荐订单',
			definition: '通过客户推荐码而来的有效订单比例。',
			maturity: ''
		},
		flow_click_rate: {
			label: '流程消息的点击',
			definition: '这几周发出的流程消息中，至少有一次真人点击的比例，以送达数为分母。不含营销群发。',
			maturity: '最近几天的消息仍可能被点击。'
		},
		flow_net_sales: {
			label: '归因于流程的销售',
			definition: '归因于这几周发出的流程消息最后一次点击的订单净销售额。归因不等于因果：因果请看实验。',
			maturity: '最近五天的消息仍可能获得归因。'
		}
	},
	weeksTitle: '每周净销售额：新客与老客',
	weeksSample: (orders, weeks) => `${weeks} 周中的 ${orders} 笔订单`,
	weekColumn: '周起始日',
	weekOf: (date) => `${date}起的一周`,
	weekOpen: '最近一周尚未结束，用斜线表示。',
	changedTitle: '什么变了，为什么',
	changedLead: (amount) => `最近四周的净销售额与此前四周相比：${amount}。其构成为：`,
	changedEmpty: '需要八个整周才能说明发生了什么变化。',
	changedEmptyHelp: '随着时间推移会自动填充。',
	changedDefinition:
		'对每类客户：订单数的变化（按此前的每单金额计）和每单金额的变化（按现在的订单数计）。各部分相加等于总变化。',
	changedSample: (now, before) => `现在 ${now} 单，此前 ${before} 单`,
	why: {
		orders: { more: (who) => `${who}订单更多`, less: (who) => `${who}订单更少` },
		value: { more: (who) => `${who}每单金额更大`, less: (who) => `${who}每单金额更小` }
	},
	whyOf: {
		new: '新客的',
		returning: '老客的',
		unidentified: '无法识别身份的'
	},
	whoColumn: '客户',
	ordersBefore: '此前订单',
	ordersNow: '现在订单',
	netBefore: '此前净销售额',
	netNow: '现在净销售额',
	changeColumn: '变化',
	byOrders: '来自订单数',
	byValue: '来自每单金额',
	doTitle: '本周该做什么',
	doEmpty: '目前还没有可以采取的行动。',
	doDefinition:
		'阶段取决于距上一单的时间，与客户自身和商品的节奏相比。新客户的天数，是再次购买者中有一半已再次购买的那一天。支出占比取最近一个完整月份。',
	seeMore: '查看详情',
	do: {
		due: (customers, money) => `提醒 ${customers} 位差不多该再次下单的客户；他们每人至今带来 ${money}。`,
		new: (customers, day) => `在首单后第 ${day} 天之前联系 ${customers} 位新客户：再次购买的人有一半在此之前就已回来。`,
		atRisk: (customers, money) => `挽回 ${customers} 位比平常晚的客户；他们一共带来过 ${money}。`,
		referral: (now, before) => `再次邀请客户推荐：推荐订单占 ${now}，此前为 ${before}。`,
		budget: (share, advice, month) => `把支出移到购买之后：${month}它只占预算的 ${share}；建议为 ${advice} 或更多。`,
		connectSends: '接入您的邮件工具（Klaviyo 或 Omnisend，或 message_events.csv），就能看到哪些消息让客户回来。'
	},
	historyTitle: '整个历史期间'
};
