"""Programs that leave: files for other systems."""
