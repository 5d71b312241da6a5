"""Where in a scan a model sees a tumor: heat maps and their pictures."""
