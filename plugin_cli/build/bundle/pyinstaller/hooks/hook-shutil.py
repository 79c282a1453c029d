# Rare kinds of compression that it offers where they are there; a plugin that imports them has them.
excludedimports = ["bz2", "lzma"]
