-- Self-service actions and automations, each stored once, whichever shape it was written in.
CREATE TABLE actions (
  identifier TEXT PRIMARY KEY,
  id TEXT NOT NULL,
  -- Of the document, so that runs can show them without reading it.
  title TEXT,
  icon TEXT,
  -- The blueprint it is bound to, if any.
  blueprint TEXT,
  trigger_type TEXT NOT NULL,
  operation TEXT,
  -- Set for actions made through the legacy routes of a blueprint.
  legacy_blueprint TEXT,
  doc {json} NOT NULL,
  revision BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  updated_by TEXT NOT NULL
);
CREATE INDEX actions_blueprint ON actions (blueprint);
