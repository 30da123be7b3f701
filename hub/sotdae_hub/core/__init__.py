"""Pure decisions of the hub: what a message means for journal, stores and incidents."""
