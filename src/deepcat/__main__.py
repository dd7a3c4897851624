"""`python -m deepcat`."""

from deepcat.cli.main import main

main()
