"""The pages: review photos, try the classifier; and the JSON API behind them."""
