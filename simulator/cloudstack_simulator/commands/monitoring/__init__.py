"""Events, alerts, management servers, metrics."""
