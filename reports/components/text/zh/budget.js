export default {
	title: '预算与假设'
};
