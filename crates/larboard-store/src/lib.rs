//! Every SQL statement of Larboard. Knows no roles, no HTTP and no network but the database's.
