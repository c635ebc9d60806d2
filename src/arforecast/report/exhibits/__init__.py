"""The questions of the pages, one file a topic: the numbers and the words of each answer stand beside each other."""
