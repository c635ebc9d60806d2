"""From a finished run to the inbox: what it says, whether it may go out, to whom, and that it goes out once."""
