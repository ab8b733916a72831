-- Events of an entity are found block by block of 65,536 events, newest first. An index by entity alone has a page of its
-- own for every few entities once there are many events, and each event dirties one; within a block the events of all
-- entities are few pages. The text of the expression is that of store/src/audit.rs.
DROP INDEX audit_events_entity;
CREATE INDEX audit_events_entity_in_block ON audit_events ((seq >> 16), entity) WHERE entity IS NOT NULL;
