-- Migrations of the catalog: jobs that delete or rewrite every entity of a blueprint, a chunk at a time. Chunk, position and
-- counts are one transaction, so a job goes on exactly where its last chunk ended, on whichever replica leases it.
CREATE TABLE migrations (
  id TEXT PRIMARY KEY,
  source_blueprint TEXT NOT NULL,
  mapping {json} NOT NULL,
  -- INITIALIZING, PENDING, RUNNING, COMPLETED, FAILURE, CANCELLED or PENDING_CANCELLATION.
  status TEXT NOT NULL,
  delete_entities {bool} NOT NULL,
  delete_blueprint {bool} NOT NULL,
  success_count BIGINT NOT NULL,
  failure_count BIGINT NOT NULL,
  -- Why it failed or was cancelled.
  reason TEXT,
  -- The identifier of the last entity that was looked at.
  position TEXT NOT NULL,
  run_id TEXT,
  -- On whose behalf it acts, for the events it appends.
  caller {json} NOT NULL,
  lease_owner TEXT,
  lease_until BIGINT,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  updated_by TEXT NOT NULL
);
CREATE INDEX migrations_unfinished ON migrations (created_at, id)
  WHERE status IN ('INITIALIZING', 'PENDING', 'RUNNING', 'PENDING_CANCELLATION');
