"""What went into a bundle: components, their licences, their sizes.

A bundle goes in; THIRD_PARTY_LICENSES.txt, the list of components and a size table leave.
"""
