"""The commands of the command line, one file each: `command` is what `goalplan NAME` runs."""
