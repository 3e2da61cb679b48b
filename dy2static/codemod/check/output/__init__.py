"""How findings are shown: for people, as JSON, as SARIF."""
