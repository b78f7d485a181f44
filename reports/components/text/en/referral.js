export default {
	title: 'Referral and loyalty'
};
