export default {
	valid_orders: {
		label: '有效订单',
		definition: '不是测试、取消、作废、换货、没有金额或只含礼品卡的订单。之后的退款不会使订单失效。',
		sample: ({ denominator }) => (denominator ? `共收到 ${denominator} 笔订单` : '整个历史期间'),
		empty: '还没有订单'
	},
	net_sales: {
		label: '净销售额',
		definition: '整个历史期间有效订单的销售总额减去折扣和退货。退款会减少它所属的订单。不含税、运费和礼品卡销售。',
		sample: ({ denominator }) => (denominator ? `来自 ${denominator} 笔有效订单` : '整个历史期间'),
		empty: '还没有销售'
	},
	customers: {
		label: '客户',
		definition: '至少有一笔有效订单的人。如果订单显示多个邮箱、电话或客户编号属于同一个人，只计一次。',
		sample: () => '至少有一笔有效订单',
		empty: '还没有客户'
	},
	repeat_rate_90d: {
		label: '90 天复购率',
		definition:
			'首笔有效订单已过去至少 90 个整天的人当中：在之后的另一天、且不晚于首单后 90 天又有一笔有效订单的比例。订阅续费不算第二单。',
		sample: ({ numerator, denominator }) => `观察满 90 天的 ${denominator} 位中有 ${numerator} 位`,
		empty: '有首购客户被观察满 90 天后才能知道'
	},
	lifetime_repeat_share: {
		label: '曾经购买两次',
		definition: '迄今有两笔或更多有效订单的客户占全部客户的比例。新近客户的时间还短，因此它低于最终的水平。',
		sample: ({ numerator, denominator }) => `${denominator} 位客户中有 ${numerator} 位`,
		empty: '还没有客户'
	}
};
