"""Shopify: orders, refunds, customers, products and discounts by the Admin GraphQL API."""
