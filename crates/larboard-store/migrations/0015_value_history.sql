-- Numbers that entities had by computed properties, each time they were found to be others than before; events hold none of
-- them. A row holds all such numbers of its entity, from then until the next row.
CREATE TABLE value_history (
  blueprint TEXT NOT NULL,
  entity TEXT NOT NULL,
  at BIGINT NOT NULL,
  numbers {json} NOT NULL,
  PRIMARY KEY (blueprint, entity, at),
  FOREIGN KEY (blueprint, entity) REFERENCES entities (blueprint, identifier) ON UPDATE CASCADE ON DELETE CASCADE
) {without_rowid};

-- How far the entities of blueprints were evaluated again, a page at a time, by whichever server has the lease: for results
-- of scorecards, or for values to record.
CREATE TABLE sweeps (
  purpose TEXT NOT NULL,
  blueprint TEXT NOT NULL REFERENCES blueprints (identifier) ON UPDATE CASCADE ON DELETE CASCADE,
  -- The revision of the blueprint when the sweep began.
  revision BIGINT NOT NULL,
  -- Changes of the catalog from this mark on may not be taken in, and the highest number of a change there was.
  horizon BIGINT NOT NULL,
  last_seq BIGINT NOT NULL,
  -- The last entity that was evaluated; empty before the first, NULL when all were.
  position TEXT,
  -- When all were.
  swept_at BIGINT NOT NULL,
  lease_owner TEXT,
  lease_until BIGINT,
  PRIMARY KEY (purpose, blueprint)
);
INSERT INTO sweeps (purpose, blueprint, revision, horizon, last_seq, position, swept_at, lease_owner, lease_until)
  SELECT 'results', blueprint, revision, horizon, last_seq, position, swept_at, lease_owner, lease_until FROM result_sweeps;
DROP TABLE result_sweeps;
