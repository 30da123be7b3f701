"""`sotdae device doctor`: what is wrong with a gate's box, and how to mend it."""
