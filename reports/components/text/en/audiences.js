export default {
	title: 'Audiences'
};
