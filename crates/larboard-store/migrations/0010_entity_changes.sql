-- What changed in the catalog, for the copies that servers keep of it in memory: one row a write, written with it. Rows
-- are pruned; whoever fell behind further than they reach reads everything again. An empty entity means all of the blueprint.
CREATE TABLE entity_changes (
  seq {counter},
  -- The writing transaction, on PostgreSQL, where numbers are given out in another order than transactions commit.
  mark {transaction},
  blueprint TEXT NOT NULL,
  -- NULL: the blueprint itself changed, not its entities.
  entity TEXT
);
CREATE INDEX entity_changes_mark ON entity_changes (mark) WHERE mark IS NOT NULL;
