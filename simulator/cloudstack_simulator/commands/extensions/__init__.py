"""Extensions of the server: orchestrators of other hypervisors and their custom actions."""
