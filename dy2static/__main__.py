"""`python -m dy2static`."""

import sys

from dy2static.cli import main

sys.exit(main())
