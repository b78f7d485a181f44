export default {
	title: 'Trust'
};
