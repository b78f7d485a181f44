// Evidence lays this over its own. A page finds its files from where it lies itself, so the site works under any path.
export default { kit: { paths: { relative: true } } };
