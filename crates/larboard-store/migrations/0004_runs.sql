-- Action runs and their logs. A run outlives its action, blueprint and entity, so it refers to none of them by key.
CREATE TABLE runs (
  id TEXT PRIMARY KEY,
  action TEXT NOT NULL,
  blueprint TEXT,
  entity TEXT,
  status TEXT NOT NULL,
  status_label TEXT,
  source TEXT NOT NULL,
  properties {json} NOT NULL,
  raw_properties {json},
  required_approval {json} NOT NULL,
  approval {json},
  link {json},
  summary TEXT,
  message {json},
  payload {json},
  response {json},
  external_run_id TEXT,
  -- The run's status follows the answer of its backend; nobody may set it.
  synchronized {bool} NOT NULL,
  -- Delivered by an execution agent, which reports the status itself.
  agent {bool} NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  updated_by TEXT NOT NULL,
  impersonated_by TEXT,
  ended_at BIGINT,
  -- The number of log lines, which is the seq of the last one: dense from 1.
  log_count BIGINT NOT NULL
);
CREATE INDEX runs_created ON runs (created_at, id);
CREATE INDEX runs_action ON runs (action, created_at, id);
CREATE INDEX runs_entity ON runs (entity, created_at, id) WHERE entity IS NOT NULL;
CREATE INDEX runs_blueprint ON runs (blueprint, created_at, id) WHERE blueprint IS NOT NULL;
CREATE INDEX runs_creator ON runs (created_by, created_at, id);
CREATE INDEX runs_external ON runs (external_run_id) WHERE external_run_id IS NOT NULL;
CREATE INDEX runs_active ON runs (created_at, id) WHERE ended_at IS NULL;

CREATE TABLE run_logs (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  seq BIGINT NOT NULL,
  id TEXT NOT NULL,
  message TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  PRIMARY KEY (run_id, seq)
) {without_rowid};

-- A repeated execution with the same key answers with the run of the first.
CREATE TABLE idempotency_keys (
  caller TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint {bytes} NOT NULL,
  run_id TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (caller, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);
