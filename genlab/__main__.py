"""The command line: `python -m genlab` does the same as the console script `genlab`."""

import sys

from genlab.commands.main import main

if __name__ == "__main__":
    sys.exit(main())
