// 公布的对照数字，按种子 benchmark_values 中的键：谁公布的，衡量的究竟是什么。
export default {
	open_rate_order_confirmation_claim: {
		source: '流传的购后建议，出处不明',
		definition: '订单确认邮件的打开数除以发送数；未说明如何处理机器打开'
	},
	open_rate_shipping_claim: {
		source: '流传的购后建议，出处不明',
		definition: '发货邮件的打开数除以发送数；未说明如何处理机器打开'
	},
	open_rate_review_request_claim: {
		source: '流传的购后建议，出处不明',
		definition: '评价邀请邮件的打开数除以发送数；未说明如何处理机器打开'
	},
	open_rate_order_confirmation_omnisend_2018: {
		source: 'Omnisend，电商邮件营销统计',
		definition: '订单确认邮件的打开率；供应商平台上 7,200 个品牌的 9.64 亿封邮件'
	},
	open_rate_order_confirmation_girard: {
		source: 'Girard Media，电商留存邮件手册',
		definition: '订单确认邮件的打开率；未说明基数'
	},
	open_rate_order_confirmation_easyapps: {
		source: 'EasyApps，Shopify 购后邮件模板',
		definition: '订单确认邮件的打开率；未说明基数'
	},
	open_rate_order_confirmation_cintra: {
		source: 'Cintra，术语表：购后邮件',
		definition: '订单确认邮件的打开率；未说明基数'
	},
	open_rate_order_shipping_metricuno: {
		source: 'Metricuno，购后体验',
		definition: '订单确认和发货邮件的打开率；未说明基数'
	},
	open_rate_post_purchase_orbit: {
		source: 'Orbit，购后邮件',
		definition: '下单后数日内邮件的打开率；未说明基数'
	},
	open_rate_transactional_tacey: {
		source: 'Tacey，引用 Klaviyo 2024 年基准',
		definition: '订单确认和发货邮件的打开率；未说明基数'
	},
	click_rate_order_confirmation_omnisend_2021: {
		source: 'Omnisend，由 MediaPost 引用',
		definition: '订单和发货确认邮件的点击率；2021 年上半年，供应商的全部商家'
	},
	click_rate_post_purchase_omnisend_2021: {
		source: 'Omnisend，由 MediaPost 引用',
		definition: '购后自动化邮件的点击率；2021 年上半年，供应商的全部商家'
	},
	order_rate_flows_klaviyo_2023: {
		source: 'Klaviyo，2024 年基准报告',
		definition: '因流程邮件下单的人除以全部收件人；所有行业，2023 年；下限为一般商家，上限为前十分之一'
	},
	budget_share_post_purchase_advice: {
		source: '流传的购后建议，出处不明',
		definition: '营销预算中用于购后阶段的比例'
	},
	repeat_rate_metrilo: {
		source: 'Metrilo，术语表：留存率',
		definition: '购买一次以上的客户除以全部客户；十个品类的平均值，从 21 %（茶）到 36 %（CBD）'
	},
	repeat_rate_metrilo_tea: {
		source: 'Metrilo，术语表：留存率',
		definition: '购买一次以上的客户除以全部客户；茶叶店'
	},
	repeat_rate_365d_rjmetrics: {
		source: 'RJMetrics，电商购买行为基准',
		definition: '首购后一年内再次购买的客户；176 家零售商、1800 万客户，剔除价值最高和最低的客户'
	},
	third_order_rate_rjmetrics: {
		source: 'RJMetrics，电商购买行为基准',
		definition: '有第二次购买的客户中进行了第三次购买的比例；176 家零售商、1800 万客户'
	},
	repeat_rate_opensend: {
		source: 'Opensend，复购率统计',
		definition: '电商平均复购率；时间范围和基数均未说明'
	},
	repeat_customers_yotpo: {
		source: 'Yotpo，回头客统计',
		definition: '近 15 % 的网购者是回头客；未说明时间范围'
	},
	repeat_rate_shopify_advice: {
		source: 'Shopify 的建议，由 Vajro 引用',
		definition: '回头客比例应处的范围；未说明时间范围'
	},
	annual_repurchase_lean_analytics: {
		source: 'Croll 与 Yoskovitz，《精益数据分析》',
		definition: '去年的买家今年再次购买的比例：低于此范围是获客型业务，高于此范围是忠诚型业务'
	},
	referral_rate_referralcandy: {
		source: 'ReferralCandy，推荐计划基准',
		definition: '推荐带来的购买除以全部购买；供应商平台上的店铺'
	},
	nps_good_bain: {
		source: '贝恩公司，广为引用',
		definition: '推荐者（9–10 分）减去贬损者（0–6 分）：高于 0 为良好，高于 20 为较好'
	},
	nps_excellent_bain: {
		source: '贝恩公司，广为引用',
		definition: '推荐者（9–10 分）减去贬损者（0–6 分）：高于 50 为优秀，高于 80 为世界级'
	},
	nps_average_firm_bain: {
		source: 'Reichheld，《终极问题 2.0》',
		definition: '推荐者（9–10 分）减去贬损者（0–6 分），一般企业'
	},
	nps_global_surveymonkey: {
		source: '问卷供应商的全球基准，由 Profound Tips 引用',
		definition: '15 万多家机构的推荐者（9–10 分）减去贬损者（0–6 分）：下限为平均值，上限为中位数'
	},
	csat_ecommerce_growth_suite: {
		source: 'Growth Suite，术语表：CSAT',
		definition: '五分制中回答 4 或 5 分的比例，电商平均'
	},
	csat_ecommerce_opensend: {
		source: 'Opensend，客户满意度统计',
		definition: '电商平均满意度；未说明分制'
	},
	csat_ecommerce_bookbag: {
		source: 'Bookbag，电商 CSAT 基准',
		definition: '客服结束后的正面回答，星级或拇指'
	},
	wismo_share_gorgias: {
		source: 'Gorgias，自动处理 WISMO 请求',
		definition: '询问订单在哪里的请求除以全部请求；供应商平台上的店铺'
	},
	wismo_share_shipmentguard: {
		source: 'ShipmentGuard，购后客服工单基准，引用 Gorgias',
		definition: '询问订单在哪里的工单除以全部工单'
	},
	wismo_share_corepiper: {
		source: 'CorePiper，WISMO 自动化',
		definition: '询问订单在哪里的工单除以全部工单'
	},
	tickets_per_100_orders_gorgias: {
		source: 'Gorgias 价格计算器，由 ShipmentGuard 引用',
		definition: '每 100 笔订单的各类工单数（每 15 笔订单一张）'
	},
	resolution_hours_gorgias: {
		source: 'Gorgias，由 ShipmentGuard 引用',
		definition: '工单从建立到解决的时间中位数'
	},
	returned_sales_nrf_2024: {
		source: '美国零售联合会与 Happy Returns',
		definition: '零售商预计全年销售额中被退回的比例；美国全部零售'
	},
	returned_sales_nrf_2021: {
		source: '美国零售联合会与 Appriss Retail',
		definition: '预计全年销售额中被退回的比例；美国全部零售'
	},
	returned_sales_online_nrf_2021: {
		source: '美国零售联合会与 Appriss Retail',
		definition: '预计全年线上销售额中被退回的比例；美国'
	},
	points_redeemed_smile: {
		source: 'Smile.io，您的兑换率健康吗？',
		definition: '用于兑换奖励的积分除以发放的全部积分；15,000 家网店：下限为平均值，上限为前四分之一'
	},
	review_rate_us_tech: {
		source: 'US Tech Automations，评价邀请',
		definition: '每笔订单提交的评价数，Shopify 店铺的中位数'
	}
};
