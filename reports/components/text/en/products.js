export default {
	title: 'Products'
};
