"""Run by duplicates.py in an environment of its own: imagededup's pHash on a folder.

Usage: python benchmarks/peer_phash.py FOLDER OUT.json
"""

import sys

from imagededup.methods import PHash  # type: ignore[import-not-found,unused-ignore]

if __name__ == "__main__":
    PHash(verbose=False).find_duplicates(image_dir=sys.argv[1], outfile=sys.argv[2])
