-- Blueprints and entities. A document is kept as text, so that its key order survives; nothing filters inside one.
CREATE TABLE blueprints (
  identifier TEXT PRIMARY KEY,
  -- Of the document, so that lists and runs can show them without reading it.
  title TEXT,
  icon TEXT,
  doc {json} NOT NULL,
  -- Grows with every change; compiled validators are cached by it and re-checked inside each write.
  revision BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  updated_by TEXT NOT NULL
);

CREATE TABLE entities (
  blueprint TEXT NOT NULL REFERENCES blueprints (identifier) ON UPDATE CASCADE,
  identifier TEXT NOT NULL,
  title TEXT,
  icon TEXT,
  team {json} NOT NULL,
  properties {json} NOT NULL,
  -- As the API shows them; the rows of entity_relations are the same facts, indexed.
  relations {json} NOT NULL,
  data_source TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  updated_by TEXT NOT NULL,
  PRIMARY KEY (blueprint, identifier)
) {without_rowid};

CREATE TABLE entity_relations (
  blueprint TEXT NOT NULL,
  entity TEXT NOT NULL,
  relation TEXT NOT NULL,
  position BIGINT NOT NULL,
  target_blueprint TEXT NOT NULL,
  target TEXT NOT NULL,
  PRIMARY KEY (blueprint, entity, relation, position),
  FOREIGN KEY (blueprint, entity) REFERENCES entities (blueprint, identifier) ON UPDATE CASCADE ON DELETE CASCADE,
  FOREIGN KEY (target_blueprint, target) REFERENCES entities (blueprint, identifier) ON UPDATE CASCADE
) {without_rowid};
CREATE INDEX entity_relations_target ON entity_relations (target_blueprint, target, blueprint, entity);
