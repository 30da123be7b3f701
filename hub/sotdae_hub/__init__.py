"""The provincial hub: remembers, explains and relays."""
