export default {
	title: 'Voice'
};
