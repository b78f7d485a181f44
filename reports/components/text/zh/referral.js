export default {
	title: '推荐与忠诚度'
};
