"""The command line: argv -> call -> text and exit code; one short file a command."""
