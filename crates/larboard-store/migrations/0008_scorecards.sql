-- Scorecards, one row each; their identifiers are unique over all blueprints. Levels, rules and filter are in the document.
CREATE TABLE scorecards (
  identifier TEXT PRIMARY KEY,
  -- Never changes, unlike the identifier.
  id TEXT NOT NULL,
  blueprint TEXT NOT NULL REFERENCES blueprints (identifier) ON UPDATE CASCADE,
  doc {json} NOT NULL,
  revision BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  updated_by TEXT NOT NULL
);
CREATE INDEX scorecards_blueprint ON scorecards (blueprint, created_at, identifier);
