"""Yotpo: a store's product reviews."""
