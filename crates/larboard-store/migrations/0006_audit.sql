-- The one event stream: every change of a resource, who made it, from where, and what was before and after.
CREATE TABLE audit_events (
  seq {seq},
  id TEXT NOT NULL,
  at BIGINT NOT NULL,
  resource_type TEXT NOT NULL,
  action TEXT NOT NULL,
  status TEXT NOT NULL,
  origin TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  -- The trigger's "by" as the API shows it.
  actor {json} NOT NULL,
  address TEXT,
  blueprint TEXT,
  entity TEXT,
  run_id TEXT,
  action_identifier TEXT,
  before {json},
  after {json},
  additional {json},
  message TEXT
);
CREATE UNIQUE INDEX audit_events_id ON audit_events (id);
CREATE INDEX audit_events_run ON audit_events (run_id, seq) WHERE run_id IS NOT NULL;
CREATE INDEX audit_events_entity ON audit_events (entity, seq) WHERE entity IS NOT NULL;
CREATE INDEX audit_events_at ON audit_events (at, seq);
