-- What entities of blueprints with scorecards were last known to reach, so that a change that something else caused can be
-- told of, and when each rule's status last changed. What an entity reaches now is evaluated, not read here.
CREATE TABLE entity_results (
  blueprint TEXT NOT NULL,
  entity TEXT NOT NULL,
  -- The revision of the blueprint, which its scorecards share, that it was evaluated by.
  revision BIGINT NOT NULL,
  results {json} NOT NULL,
  PRIMARY KEY (blueprint, entity),
  FOREIGN KEY (blueprint, entity) REFERENCES entities (blueprint, identifier) ON UPDATE CASCADE ON DELETE CASCADE
) {without_rowid};

-- How far the entities of each blueprint with scorecards were evaluated again, a page at a time, by whichever server has
-- the lease.
CREATE TABLE result_sweeps (
  blueprint TEXT PRIMARY KEY REFERENCES blueprints (identifier) ON UPDATE CASCADE ON DELETE CASCADE,
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
  lease_until BIGINT
);
