"""Files for deployment: rules, chart and compose, and the code that generates parts of them."""
