export default {
	title: '客户终身价值'
};
