export default {
	title: '自动化流程'
};
