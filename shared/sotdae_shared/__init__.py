"""Words that every part of Sotdae uses: ids, units, messages, topics, wire format, signatures."""
