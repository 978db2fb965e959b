"""What tests share: a world with two organizations, clients for each transport, cases as data."""
