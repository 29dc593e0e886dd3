"""The pipeline beside other ways to do the same job: `make bench`. Plain functions; nothing here is shipped."""
