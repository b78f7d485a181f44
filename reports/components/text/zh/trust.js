export default {
	title: '可信度',
	reconciliationTitle: '从收到的全部订单到净销售额',
	reconciliationLead: '收到的每一笔订单，以及它的金额去了哪里。各步骤严格相加。',
	reconciliationEmpty: '还没有收到任何数据，因此没有可以核对的内容。',
	reconciliationDefinition:
		'第一行是收到的全部订单，按明细行的价格计算。下面每一行减去不应计入的部分；粗体行就是上面显示的净销售额。退款会减少它所属的订单。粗体行以下的内容不属于任何订单，也不计入任何数字。',
	reconciliationSample: (orders) => `收到 ${orders} 笔订单`,
	steps: {
		'orders delivered': '收到的订单',
		'not counted: test': '测试订单',
		'not counted: cancelled': '已取消的订单',
		'not counted: voided': '付款已作废的订单',
		'not counted: exchange': '换货和补发',
		'not counted: gift card only': '只含礼品卡的订单',
		'not counted: no value': '没有金额的订单',
		'gift cards sold with goods': '与商品一起售出的礼品卡',
		discounts: '折扣',
		returns: '退货',
		'net sales reported': '净销售额',
		'beside it: refunds of orders never seen': '另计：从未收到的订单的退款'
	},
	factsTitle: '这些数字可信吗？',
	rejected: '被搁置的行',
	rejectedNone: '没有任何行违反规则。',
	rejectedNote: '违反文件规则的行。它们连同原因一起保留，不计入任何数字。',
	checks: '通过的检查',
	checksNote: (failed, warned) => `${failed === 0 ? '没有失败' : `${failed} 项失败`}，${warned ?? 0} 项警告。`,
	unidentifiedShare: '无法识别身份的订单',
	unidentifiedNote: '计入销售额，不计入任何复购率。',
	versionNote: (revision) => `模型版本 ${revision}`,
	history: '已知的第一笔订单',
	answer: (delivered, counted, money) => `每一笔订单都有去处：收到 ${delivered} 笔，计入 ${counted} 笔，净销售额 ${money}。`,
	unchecked: '还没有收到任何数据，因此没有可以信任或怀疑的内容。',
	uncheckedHelp: '订单载入后，本页会显示每笔订单的去处，以及做了哪些检查。',
	notSummed: (difference) => `从收到到净销售额的各步骤不能相加：缺少 ${difference}。请不要使用这些数字。`,
	checked: (passed) => `${passed} 项检查通过，没有失败。`,
	failed: (failed, passed) => `${failed} 项检查失败，${passed} 项通过：使用这些数字之前请先查看清单。`,
	stale: (sources) => `不是最新：${sources}。`,
	fresh: (date) => `最新的订单是 ${date}。`,
	freshTitle: '各来源的新鲜度',
	freshLead: '每个来源交付了什么，到什么时候为止。',
	freshEmpty: '还没有来源交付任何数据。',
	freshDefinition:
		'按交付时计算的行数，尚未剔除任何内容。如果某个接入系统最近一次取回了全部数据，它就是最新的；否则自上一次完整取回起就已过时，旁边列出它给出的信息。',
	freshSample: (rows, sources) => `${sources} 个来源的 ${rows} 行`,
	state: { fresh: '最新', stale: '过时', files: '文件，按放入时' },
	stateColumn: '状态',
	untilColumn: '完整至',
	problemColumn: '给出的信息',
	rejectedTitle: '被搁置的行，按原因',
	rejectedLead: '每一行都连同完整原文保存在 ops.rejected_rows；修正文件后重新放入即可。',
	rejectedDefinition: '违反其实体规则的行会连同全部原因被搁置；文件的其余部分照常载入。',
	rejectedSample: (rows) => `${rows} 行与原因`,
	reason: (said) =>
		said
			.replace(/ or (?=\w+: )/, ' 或 ')
			.replace(': is missing', '：缺失')
			.replace(': is not an ISO 8601 time', '：不是 ISO 8601 时间')
			.replace(': is not a whole number', '：不是整数')
			.replace(': is not a number', '：不是数字')
			.replace(': is not yes or no', '：不是“是”或“否”')
			.replace(/: is not (.+)$/, '：不是 $1')
			.replace(/: must be one of (.+)$/, '：必须是以下之一：$1')
			.replace(/: must be above (.+)$/, '：必须大于 $1')
			.replace(/: must be (\S+) or more$/, '：必须不小于 $1')
			.replace(/: must be (\S+) or less$/, '：必须不大于 $1')
			.replace(/: an nps score is 0 to 10$/, '：NPS 分数为 0 到 10')
			.replace(/: a csat score is 1 to 5$/, '：CSAT 分数为 1 到 5'),
	definitionsTitle: '这些词的含义',
	definitions: [
		['有效订单', '不是测试、取消、作废、换货、没有金额或只含礼品卡的订单。之后的退款不会使订单失效。'],
		['净销售额', '销售总额减去折扣和退款，不含税、运费和礼品卡，按当日汇率折算为店铺货币。'],
		['客户', '至少有一笔有效订单的人；如果订单能表明，多个邮箱、电话和客户编号算同一个人。'],
		['首购客户', '按首笔有效订单所在月份（店铺时区）归类的客户。'],
		['第二单', '首单之后另一天的有效订单。订阅续费不算。'],
		['观察足够久', '首单距今的整天数不少于该数字所需的天数。其他人不计入，绝不当作没有再来。'],
		['新客、老客', '第一笔有效订单为新客，从第二笔起为老客。无法识别身份的订单单独列出。'],
		['归因销售', '归因于五天内最后一次真人点击的订单销售额。流程真正带来的效果要用对照组衡量。'],
		['截至', '所有数字的计算时刻。此后的一切都不计入。']
	],
	benchmarksTitle: '与什么比较',
	benchmarksLead: '只有定义相同的数字旁边才会列出基准；这里是已知的全部基准。',
	benchmarksEmpty: '没有已知的基准。',
	benchmarkColumn: '基准',
	lowColumn: '下限',
	highColumn: '上限',
	yearColumn: '年份',
	usedColumn: '列在数字旁边',
	docsTitle: '进一步查看',
	docsLead: '在店铺自己的电脑上打开本报告时，以下页面就在旁边。',
	dataDocs: '两道质量关卡检查了什么（Data Docs）',
	dbtDocs: '每张表、每一列、每条规则（dbt docs）',
	version: '发布版本',
	revision: '模型版本'
};
