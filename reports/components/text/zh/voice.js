export default {
	title: '客户之声'
};
