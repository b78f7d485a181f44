export default {
	title: 'Flows'
};
