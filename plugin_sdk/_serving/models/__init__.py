"""The author's models: what Grafana stored is read into them, or refused with a sentence.

Owns: parsing and checking of settings and queries. Does not own: the forms that are made of the models.
"""
