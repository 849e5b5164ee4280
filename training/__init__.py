"""Training jobs: data in, a package with a version in the registry out."""
