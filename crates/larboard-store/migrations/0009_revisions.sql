-- How often something that processes keep in memory was changed, such as the directory of who may sign in.
CREATE TABLE revisions (
  name TEXT PRIMARY KEY,
  value BIGINT NOT NULL
);
