-- Who may do what with the entities of a blueprint, as far as somebody has said so.
CREATE TABLE blueprint_permissions (
  blueprint TEXT PRIMARY KEY REFERENCES blueprints (identifier) ON UPDATE CASCADE ON DELETE CASCADE,
  doc {json} NOT NULL
);
