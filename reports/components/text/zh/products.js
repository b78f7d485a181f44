export default {
	title: '商品'
};
