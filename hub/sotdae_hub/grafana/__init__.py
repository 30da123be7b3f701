"""Dashboards as code, for a Grafana beside the hub; the model is that of Grafana 11.6."""
