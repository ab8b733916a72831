-- The one organization of this database, its people and machines, and what they sign in with.
-- Instants are milliseconds since 1970. Columns ending in _enc are sealed with a key derived from the master key.
CREATE TABLE organizations (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  settings {json} NOT NULL,
  -- Proves that the master key in use is the one this database was written with.
  key_check {bytes} NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE TABLE users (
  id TEXT PRIMARY KEY,
  email TEXT NOT NULL,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  role TEXT NOT NULL,
  status TEXT NOT NULL,
  password_hash TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  CONSTRAINT users_email UNIQUE (email)
);

-- Browser sessions. The cookie itself is never stored, only its SHA-256.
CREATE TABLE sessions (
  token_hash {bytes} PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  csrf_token TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- Machine credentials; the id is the client id. The default app's secret signs outgoing webhooks.
CREATE TABLE apps (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  secret_enc {bytes} NOT NULL,
  previous_secret_enc {bytes},
  previous_until BIGINT,
  is_default {bool} NOT NULL,
  enabled {bool} NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE TABLE secrets (
  name TEXT PRIMARY KEY,
  value_enc {bytes} NOT NULL,
  description TEXT,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  updated_by TEXT NOT NULL
);
