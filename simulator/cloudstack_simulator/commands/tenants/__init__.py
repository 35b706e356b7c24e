"""Domains, accounts, users, roles, projects and limits."""
