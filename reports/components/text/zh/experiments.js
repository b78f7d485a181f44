export default {
	title: '实验'
};
