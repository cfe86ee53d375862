"""Paper: what a shopper can print or keep. Draws what it is given; reads nothing."""
