"""What is wrong, doubtful or worth knowing in a trial file, topic by topic."""
