"""python -m arforecast.cli"""

from arforecast.cli import main

main()
