"""The built-in text matcher behind the offline model. Pure functions of the prompt it is sent."""
