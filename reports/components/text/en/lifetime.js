export default {
	title: 'Lifetime value'
};
