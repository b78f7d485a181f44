export default {
	title: '诊断'
};
