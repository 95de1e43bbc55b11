"""Dotdigital's vocabulary: contacts, orders and the catalogue as Insight data."""
