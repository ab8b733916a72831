-- The outbox: one row per invocation to be sent, written in the run's transaction, and every attempt made at it.
CREATE TABLE deliveries (
  id TEXT PRIMARY KEY,
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  -- PENDING, SUCCEEDED, FAILED or CANCELLED.
  state TEXT NOT NULL,
  -- What a person may see of the target: method and URL with secrets struck out.
  method TEXT NOT NULL,
  url TEXT NOT NULL,
  -- Scheme, host and port, which concurrency is limited by.
  destination TEXT NOT NULL,
  -- The sealed request as rendered; forgotten once it can no longer be sent again.
  request_enc {bytes},
  due_at BIGINT NOT NULL,
  window_end BIGINT NOT NULL,
  lease_owner TEXT,
  lease_until BIGINT,
  attempts BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX deliveries_due ON deliveries (due_at, id) WHERE state = 'PENDING';
CREATE INDEX deliveries_run ON deliveries (run_id, created_at, id);

CREATE TABLE delivery_attempts (
  delivery_id TEXT NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
  number BIGINT NOT NULL,
  started_at BIGINT NOT NULL,
  duration_ms BIGINT NOT NULL,
  status_code BIGINT,
  error TEXT,
  response_excerpt TEXT,
  PRIMARY KEY (delivery_id, number)
) {without_rowid};
