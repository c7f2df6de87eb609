"""Pure: records and numbers in, records out. Time is an argument; nothing here opens, logs, waits or locks."""
