-- Pages of the portal and the folders of its sidebar. A page is a document; widgets are opaque.
CREATE TABLE pages (
  identifier TEXT PRIMARY KEY,
  type TEXT NOT NULL,
  -- The blueprint it is about: it goes with it, and follows it when that is renamed.
  blueprint TEXT,
  doc {json} NOT NULL,
  -- Who may read and change it; NULL until somebody has said so.
  permissions {json},
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  updated_by TEXT NOT NULL
);
CREATE INDEX pages_blueprint ON pages (blueprint);

CREATE TABLE sidebar_folders (
  identifier TEXT PRIMARY KEY,
  title TEXT NOT NULL,
  parent TEXT,
  after TEXT,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  updated_by TEXT NOT NULL
);
