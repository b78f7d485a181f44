export default {
	title: 'Experiments'
};
