"""Writes the bundled data sets; see `sample_programs.data.make_data`."""
