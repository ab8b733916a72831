-- Which teams own which entities, and so which users are in which teams: the same facts as entities.team, indexed both
-- ways. A team may be named before it exists, so nothing refers to it by key.
CREATE TABLE entity_teams (
  blueprint TEXT NOT NULL,
  entity TEXT NOT NULL,
  team TEXT NOT NULL,
  PRIMARY KEY (blueprint, entity, team),
  FOREIGN KEY (blueprint, entity) REFERENCES entities (blueprint, identifier) ON UPDATE CASCADE ON DELETE CASCADE
) {without_rowid};
CREATE INDEX entity_teams_team ON entity_teams (team, blueprint, entity);
