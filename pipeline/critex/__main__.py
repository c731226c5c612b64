"""``python -m critex``."""

from critex.cli import main

main()
