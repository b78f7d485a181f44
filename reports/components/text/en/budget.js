export default {
	title: 'Budget and what-if'
};
