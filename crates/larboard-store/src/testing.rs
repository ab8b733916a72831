//! The harness that gives a test its own migrated database of either kind.
