// 网站的全部简体中文文字：每页一个文件，另有各页共用的文件。与英文文件和键完全相同。
import audiences from './audiences.js';
import benchmark from './benchmark.js';
import budget from './budget.js';
import column from './column.js';
import diagnosis from './diagnosis.js';
import experiments from './experiments.js';
import figure from './figure.js';
import flows from './flows.js';
import home from './home.js';
import lifetime from './lifetime.js';
import names from './names.js';
import products from './products.js';
import referral from './referral.js';
import retention from './retention.js';
import site from './site.js';
import trust from './trust.js';
import voice from './voice.js';

export default {
	locale: 'zh-CN',
	html: 'zh-Hans',
	...site,
	benchmark,
	column,
	figure,
	names,
	home,
	retention,
	lifetime,
	flows,
	experiments,
	products,
	voice,
	referral,
	audiences,
	diagnosis,
	budget,
	trust
};
