"""What may be said and how it is shown: metrics, samples, readings and the page."""
