"""Guest networks, NICs, public addresses and the rules on them."""
