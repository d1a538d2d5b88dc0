"""`python -m edgebook.cli`: the command line where the console script is not on the path.

Not another program.
"""

import sys

from edgebook.cli import main

sys.exit(main())
