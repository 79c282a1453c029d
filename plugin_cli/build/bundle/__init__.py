"""The executable and what it imports, collected by PyInstaller.

The author's package and environment go in; a folder with everything the plugin needs leaves.
"""
