"""Taking in what the server does not know, and letting go of it: instances and volumes."""
