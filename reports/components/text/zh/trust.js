export default {
	title: '可信度'
};
