"""DVD-rental lakehouse: Airbyte landing -> bronze change log -> silver star -> gold marts."""
