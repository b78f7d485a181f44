export default {
	title: '受众'
};
