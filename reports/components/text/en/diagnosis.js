export default {
	title: 'Diagnosis'
};
