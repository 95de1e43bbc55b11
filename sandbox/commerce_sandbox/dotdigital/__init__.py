"""Dotdigital, emulated: contacts, lists, data fields, Insight data, programs and events of one account."""
