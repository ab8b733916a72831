BEGIN TRANSACTION;
CREATE TABLE actions (
  identifier TEXT PRIMARY KEY,
  id TEXT NOT NULL,
  -- Of the document, so that runs can show them without reading it.
  title TEXT,
  icon TEXT,
  -- The blueprint it is bound to, if any.
  blueprint TEXT,
  trigger_type TEXT NOT NULL,
  operation TEXT,
  -- Set for actions made through the legacy routes of a blueprint.
  legacy_blueprint TEXT,
  doc TEXT NOT NULL,
  revision BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  updated_by TEXT NOT NULL
);
INSERT INTO "actions" VALUES('deploy','action_h7ifpmDkwE1c27EH','Deploy',NULL,'microservice','self-service','CREATE',NULL,'{"identifier":"deploy","title":"Deploy","trigger":{"type":"self-service","operation":"CREATE","blueprintIdentifier":"microservice","userInputs":{"properties":{"n":{"type":"number"}},"required":[]}},"invocationMethod":{"type":"WEBHOOK","url":"http://127.0.0.1:34019/hook","body":{"runId":"{{ .run.id }}","n":"{{ .inputs.n }}"},"headers":{"authorization":"{{ .secrets.TOKEN }}"}}}',1795702578893,1795702578893,'load-client',1795702578893,'load-client');
INSERT INTO "actions" VALUES('create_microservice','action_MSf92iscwqsxTMPb','Create',NULL,'microservice','self-service','CREATE','microservice','{"identifier":"create_microservice","title":"Create","trigger":"CREATE","userInputs":{"properties":{"name":{"type":"string"}},"required":[]},"invocationMethod":{"type":"WEBHOOK","url":"http://127.0.0.1:34019/hook"}}',1795702578896,1795702578896,'load-client',1795702578896,'load-client');
CREATE TABLE apps (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  secret_enc BLOB NOT NULL,
  previous_secret_enc BLOB,
  previous_until BIGINT,
  is_default INTEGER NOT NULL,
  enabled INTEGER NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
INSERT INTO "apps" VALUES('load-client','Default app',X'3A3B5A82575D71B3347C8A83FF83F3E8259C3BAC8BEBBC50DDD17BA845FEE345D3B0D729A2A27B6B3A07C91DF55D93352489AB0A5B91DE6B098A0A0F80E82E1D69881EE2',NULL,NULL,1,1,1795702578842,1795702578842);
INSERT INTO "apps" VALUES('tKDY5LhQrwOFhzbZGK1Wy3W6aTwo78KN','A second app',X'2243010F6B77417A7295DABF64993CE0481D427D61538B2FA1B4AF821313D1A3FF81812D9A10AB3C3F4D1E4CAA78F55928B5185D81D1691045C2A2B75D3AF1E548B57194DC456B573EEC21C6E87916B57F644E482A2AB42ADD3B75C4',NULL,NULL,0,1,1795702578885,1795702578885);
CREATE TABLE audit_events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL,
  at BIGINT NOT NULL,
  resource_type TEXT NOT NULL,
  action TEXT NOT NULL,
  status TEXT NOT NULL,
  origin TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  -- The trigger's "by" as the API shows it.
  actor TEXT NOT NULL,
  address TEXT,
  blueprint TEXT,
  entity TEXT,
  run_id TEXT,
  action_identifier TEXT,
  before TEXT,
  after TEXT,
  additional TEXT,
  message TEXT
);
INSERT INTO "audit_events" VALUES(1,'event_40vJhNAJCbvAk4ti',1795702578836,'user','CREATE','SUCCESS','API','larboard','{"orgId":"org_5SO3SZGNKsoTLEbY","byPort":true}',NULL,NULL,NULL,NULL,NULL,NULL,'{"id":"user_sobvVc4wCVWFqLj2","email":"admin@frozen.test","firstName":"Admin","lastName":"","role":"Admin","status":"Active","createdAt":"2026-11-26T14:16:18.836Z","updatedAt":"2026-11-26T14:16:18.836Z"}','{"user":"admin@frozen.test"}',NULL);
INSERT INTO "audit_events" VALUES(2,'event_7S0CyK1DCpUFzl4B',1795702578861,'blueprint','CREATE','SUCCESS','API','load-client','{"orgId":"org_5SO3SZGNKsoTLEbY","userId":"load-client","user":{"email":null,"firstName":"Default app","lastName":null,"id":"load-client"}}','127.0.0.1','domain',NULL,NULL,NULL,NULL,'{"identifier":"domain","title":"Domaine \"ä€𝄞\"","schema":{"properties":{},"required":[]},"createdAt":"2026-11-26T14:16:18.861Z","createdBy":"load-client","updatedAt":"2026-11-26T14:16:18.861Z","updatedBy":"load-client"}',NULL,NULL);
INSERT INTO "audit_events" VALUES(3,'event_HS8eZbYdei5OW2eS',1795702578866,'blueprint','CREATE','SUCCESS','API','load-client','{"orgId":"org_5SO3SZGNKsoTLEbY","userId":"load-client","user":{"email":null,"firstName":"Default app","lastName":null,"id":"load-client"}}','127.0.0.1','microservice',NULL,NULL,NULL,NULL,'{"identifier":"microservice","title":"Service","schema":{"properties":{"region":{"type":"string"},"build":{"type":"number"}},"required":[]},"relations":{"domain":{"title":"Domain","target":"domain","required":false,"many":false},"uses":{"title":"Uses","target":"microservice","required":false,"many":true}},"createdAt":"2026-11-26T14:16:18.866Z","createdBy":"load-client","updatedAt":"2026-11-26T14:16:18.866Z","updatedBy":"load-client"}',NULL,NULL);
INSERT INTO "audit_events" VALUES(4,'event_GsEePgOMMg90302R',1795702578868,'entity','CREATE','SUCCESS','API','load-client','{"orgId":"org_5SO3SZGNKsoTLEbY","userId":"load-client","user":{"email":null,"firstName":"Default app","lastName":null,"id":"load-client"}}','127.0.0.1','domain','shop',NULL,NULL,NULL,'{"identifier":"shop","title":"It''s a shop","icon":null,"blueprint":"domain","team":[],"properties":{},"relations":{},"createdAt":"2026-11-26T14:16:18.868Z","createdBy":"load-client","updatedAt":"2026-11-26T14:16:18.868Z","updatedBy":"load-client"}',NULL,NULL);
INSERT INTO "audit_events" VALUES(5,'event_BX5qyJl8swVUm33V',1795702578870,'entity','CREATE','SUCCESS','API','load-client','{"orgId":"org_5SO3SZGNKsoTLEbY","userId":"load-client","user":{"email":null,"firstName":"Default app","lastName":null,"id":"load-client"}}','127.0.0.1','microservice','Zebra',NULL,NULL,NULL,'{"identifier":"Zebra","title":"Zebra","icon":null,"blueprint":"microservice","team":[],"properties":{"region":"eu","build":1.5},"relations":{"domain":"shop","uses":[]},"createdAt":"2026-11-26T14:16:18.870Z","createdBy":"load-client","updatedAt":"2026-11-26T14:16:18.870Z","updatedBy":"load-client"}',NULL,NULL);
INSERT INTO "audit_events" VALUES(6,'event_gZC1I3PeaFaxWXJd',1795702578872,'entity','CREATE','SUCCESS','API','load-client','{"orgId":"org_5SO3SZGNKsoTLEbY","userId":"load-client","user":{"email":null,"firstName":"Default app","lastName":null,"id":"load-client"}}','127.0.0.1','microservice','apple',NULL,NULL,NULL,'{"identifier":"apple","title":"apple","icon":null,"blueprint":"microservice","team":[],"properties":{"region":"eu","build":1.5},"relations":{"domain":"shop","uses":["Zebra"]},"createdAt":"2026-11-26T14:16:18.872Z","createdBy":"load-client","updatedAt":"2026-11-26T14:16:18.872Z","updatedBy":"load-client"}',NULL,NULL);
INSERT INTO "audit_events" VALUES(7,'event_Qh9pQvEoVNwqaRGY',1795702578882,'entity','CREATE','SUCCESS','API','load-client','{"orgId":"org_5SO3SZGNKsoTLEbY","userId":"load-client","user":{"email":null,"firstName":"Default app","lastName":null,"id":"load-client"}}','127.0.0.1','microservice','éclair',NULL,NULL,NULL,'{"identifier":"éclair","title":"éclair","icon":null,"blueprint":"microservice","team":[],"properties":{"region":"eu","build":1.5},"relations":{"domain":"shop","uses":["apple","Zebra"]},"createdAt":"2026-11-26T14:16:18.882Z","createdBy":"load-client","updatedAt":"2026-11-26T14:16:18.882Z","updatedBy":"load-client"}',NULL,NULL);
INSERT INTO "audit_events" VALUES(8,'event_ZbPFvnzO635toeiq',1795702578883,'secret','CREATE','SUCCESS','API','load-client','{"orgId":"org_5SO3SZGNKsoTLEbY","userId":"load-client","user":{"email":null,"firstName":"Default app","lastName":null,"id":"load-client"}}','127.0.0.1',NULL,NULL,NULL,NULL,NULL,'{"secretName":"TOKEN","createdAt":"2026-11-26T14:16:18.883Z","updatedAt":"2026-11-26T14:16:18.883Z"}','{"secret":"TOKEN"}',NULL);
INSERT INTO "audit_events" VALUES(9,'event_UqsHtXtR55NVjo7c',1795702578885,'app','CREATE','SUCCESS','API','load-client','{"orgId":"org_5SO3SZGNKsoTLEbY","userId":"load-client","user":{"email":null,"firstName":"Default app","lastName":null,"id":"load-client"}}','127.0.0.1',NULL,NULL,NULL,NULL,NULL,'{"id":"tKDY5LhQrwOFhzbZGK1Wy3W6aTwo78KN","name":"A second app","enabled":true,"createdAt":"2026-11-26T14:16:18.885Z","updatedAt":"2026-11-26T14:16:18.885Z"}','{"app":"tKDY5LhQrwOFhzbZGK1Wy3W6aTwo78KN"}',NULL);
INSERT INTO "audit_events" VALUES(10,'event_dQ1PKmtenaLdNx4E',1795702578894,'action','CREATE','SUCCESS','API','load-client','{"orgId":"org_5SO3SZGNKsoTLEbY","userId":"load-client","user":{"email":null,"firstName":"Default app","lastName":null,"id":"load-client"}}','127.0.0.1','microservice',NULL,NULL,'deploy',NULL,'{"id":"action_h7ifpmDkwE1c27EH","identifier":"deploy","title":"Deploy","trigger":{"type":"self-service","operation":"CREATE","blueprintIdentifier":"microservice","userInputs":{"properties":{"n":{"type":"number"}},"required":[]}},"invocationMethod":{"type":"WEBHOOK","url":"http://127.0.0.1:34019/hook","body":{"runId":"{{ .run.id }}","n":"{{ .inputs.n }}"},"headers":{"authorization":"{{ .secrets.TOKEN }}"}},"createdAt":"2026-11-26T14:16:18.893Z","createdBy":"load-client","updatedAt":"2026-11-26T14:16:18.893Z","updatedBy":"load-client"}',NULL,NULL);
INSERT INTO "audit_events" VALUES(11,'event_S2n3EUkAmxcLMR3a',1795702578896,'action','CREATE','SUCCESS','API','load-client','{"orgId":"org_5SO3SZGNKsoTLEbY","userId":"load-client","user":{"email":null,"firstName":"Default app","lastName":null,"id":"load-client"}}','127.0.0.1','microservice',NULL,NULL,'create_microservice',NULL,'{"id":"action_MSf92iscwqsxTMPb","identifier":"create_microservice","title":"Create","trigger":{"type":"self-service","operation":"CREATE","userInputs":{"properties":{"name":{"type":"string"}},"required":[]},"blueprintIdentifier":"microservice"},"invocationMethod":{"type":"WEBHOOK","url":"http://127.0.0.1:34019/hook"},"createdAt":"2026-11-26T14:16:18.896Z","createdBy":"load-client","updatedAt":"2026-11-26T14:16:18.896Z","updatedBy":"load-client"}',NULL,NULL);
INSERT INTO "audit_events" VALUES(12,'event_sIZXTFzyekwSc9UN',1795702578898,'run','CREATE','SUCCESS','API','load-client','{"orgId":"org_5SO3SZGNKsoTLEbY","userId":"load-client","user":{"email":null,"firstName":"Default app","lastName":null,"id":"load-client"}}','127.0.0.1','microservice',NULL,'r_BCUkQqBm33fn1ziY','deploy',NULL,'{"id":"r_BCUkQqBm33fn1ziY","status":"IN_PROGRESS","blueprint":{"identifier":"microservice","title":"Service","icon":null,"deleted":false},"action":{"identifier":"deploy","title":"Deploy","icon":null,"deleted":false},"source":"API","link":[],"properties":{"n":1},"requiredApproval":false,"payload":{"type":"WEBHOOK","url":"http://127.0.0.1:34019/hook","body":{"runId":"r_BCUkQqBm33fn1ziY","n":1},"headers":{"authorization":"***"}},"createdAt":"2026-11-26T14:16:18.898Z","updatedAt":"2026-11-26T14:16:18.898Z","createdBy":"load-client","updatedBy":"load-client"}',NULL,NULL);
INSERT INTO "audit_events" VALUES(13,'event_VBHAuCfk8oYPz3aq',1795702578902,'entity','UPDATE','SUCCESS','API','load-client','{"orgId":"org_5SO3SZGNKsoTLEbY","userId":"load-client","user":{"email":null,"firstName":"Default app","lastName":null,"id":"load-client"}}','127.0.0.1','microservice','apple','r_BCUkQqBm33fn1ziY',NULL,'{"identifier":"apple","title":"apple","icon":null,"blueprint":"microservice","team":[],"properties":{"region":"eu","build":1.5},"relations":{"domain":"shop","uses":["Zebra"]},"createdAt":"2026-11-26T14:16:18.872Z","createdBy":"load-client","updatedAt":"2026-11-26T14:16:18.872Z","updatedBy":"load-client"}','{"identifier":"apple","title":"apple","icon":null,"blueprint":"microservice","team":[],"properties":{"build":2},"relations":{},"createdAt":"2026-11-26T14:16:18.872Z","createdBy":"load-client","updatedAt":"2026-11-26T14:16:18.902Z","updatedBy":"load-client"}',NULL,NULL);
INSERT INTO "audit_events" VALUES(14,'event_1gUH84jSaiJanT16',1795702578906,'run','UPDATE','SUCCESS','API','load-client','{"orgId":"org_5SO3SZGNKsoTLEbY","userId":"load-client","user":{"email":null,"firstName":"Default app","lastName":null,"id":"load-client"}}','127.0.0.1','microservice',NULL,'r_BCUkQqBm33fn1ziY','deploy','{"id":"r_BCUkQqBm33fn1ziY","status":"IN_PROGRESS","blueprint":{"identifier":"microservice","title":"Service","icon":null,"deleted":false},"action":{"identifier":"deploy","title":"Deploy","icon":null,"deleted":false},"source":"API","link":[],"properties":{"n":1},"requiredApproval":false,"payload":{"type":"WEBHOOK","url":"http://127.0.0.1:34019/hook","body":{"runId":"r_BCUkQqBm33fn1ziY","n":1},"headers":{"authorization":"***"}},"createdAt":"2026-11-26T14:16:18.898Z","updatedAt":"2026-11-26T14:16:18.898Z","createdBy":"load-client","updatedBy":"load-client"}','{"id":"r_BCUkQqBm33fn1ziY","status":"IN_PROGRESS","blueprint":{"identifier":"microservice","title":"Service","icon":null,"deleted":false},"action":{"identifier":"deploy","title":"Deploy","icon":null,"deleted":false},"source":"API","link":["https://ci.example.com/1"],"summary":"**done**","properties":{"n":1},"requiredApproval":false,"payload":{"type":"WEBHOOK","url":"http://127.0.0.1:34019/hook","body":{"runId":"r_BCUkQqBm33fn1ziY","n":1},"headers":{"authorization":"***"}},"createdAt":"2026-11-26T14:16:18.898Z","updatedAt":"2026-11-26T14:16:18.906Z","createdBy":"load-client","updatedBy":"load-client"}',NULL,NULL);
INSERT INTO "audit_events" VALUES(15,'event_SfvCgPVlvntbeFDw',1795702578910,'run','UPDATE','SUCCESS','API','load-client','{"orgId":"org_5SO3SZGNKsoTLEbY","userId":"load-client","user":{"email":null,"firstName":"Default app","lastName":null,"id":"load-client"}}','127.0.0.1','microservice',NULL,'r_BCUkQqBm33fn1ziY','deploy','{"id":"r_BCUkQqBm33fn1ziY","status":"IN_PROGRESS","blueprint":{"identifier":"microservice","title":"Service","icon":null,"deleted":false},"action":{"identifier":"deploy","title":"Deploy","icon":null,"deleted":false},"source":"API","link":["https://ci.example.com/1"],"summary":"**done**","properties":{"n":1},"requiredApproval":false,"payload":{"type":"WEBHOOK","url":"http://127.0.0.1:34019/hook","body":{"runId":"r_BCUkQqBm33fn1ziY","n":1},"headers":{"authorization":"***"}},"createdAt":"2026-11-26T14:16:18.898Z","updatedAt":"2026-11-26T14:16:18.906Z","createdBy":"load-client","updatedBy":"load-client"}','{"id":"r_BCUkQqBm33fn1ziY","status":"SUCCESS","blueprint":{"identifier":"microservice","title":"Service","icon":null,"deleted":false},"action":{"identifier":"deploy","title":"Deploy","icon":null,"deleted":false},"endedAt":"2026-11-26T14:16:18.910Z","source":"API","link":["https://ci.example.com/1"],"summary":"**done**","properties":{"n":1},"requiredApproval":false,"payload":{"type":"WEBHOOK","url":"http://127.0.0.1:34019/hook","body":{"runId":"r_BCUkQqBm33fn1ziY","n":1},"headers":{"authorization":"***"}},"createdAt":"2026-11-26T14:16:18.898Z","updatedAt":"2026-11-26T14:16:18.910Z","createdBy":"load-client","updatedBy":"load-client"}',NULL,NULL);
INSERT INTO "audit_events" VALUES(16,'event_yUhbT6BRpFXWp5Fq',1795702578913,'run','CREATE','SUCCESS','API','load-client','{"orgId":"org_5SO3SZGNKsoTLEbY","userId":"load-client","user":{"email":null,"firstName":"Default app","lastName":null,"id":"load-client"}}','127.0.0.1','microservice',NULL,'r_xIgfFnTYC8oYJ1Xa','create_microservice',NULL,'{"id":"r_xIgfFnTYC8oYJ1Xa","status":"IN_PROGRESS","blueprint":{"identifier":"microservice","title":"Service","icon":null,"deleted":false},"action":{"identifier":"create_microservice","title":"Create","icon":null,"deleted":false},"source":"API","link":[],"properties":{"name":"x"},"requiredApproval":false,"payload":{"type":"WEBHOOK","url":"http://127.0.0.1:34019/hook","body":{"action":"create_microservice","resourceType":"run","status":"TRIGGERED","trigger":{"by":{"orgId":"org_5SO3SZGNKsoTLEbY","userId":"load-client","user":{"email":null,"firstName":"Default app","lastName":null,"id":"load-client"}},"origin":"API","at":"2026-11-26T14:16:18.913Z"},"context":{"entity":null,"blueprint":"microservice","runId":"r_xIgfFnTYC8oYJ1Xa"},"payload":{"entity":null,"action":{"id":"action_MSf92iscwqsxTMPb","identifier":"create_microservice","title":"Create","trigger":"CREATE","userInputs":{"properties":{"name":{"type":"string"}},"required":[]},"invocationMethod":{"type":"WEBHOOK","url":"http://127.0.0.1:34019/hook"},"blueprint":"microservice","createdAt":"2026-11-26T14:16:18.896Z","createdBy":"load-client","updatedAt":"2026-11-26T14:16:18.896Z","updatedBy":"load-client"},"properties":{"name":"x"}}}},"createdAt":"2026-11-26T14:16:18.913Z","updatedAt":"2026-11-26T14:16:18.913Z","createdBy":"load-client","updatedBy":"load-client"}',NULL,NULL);
INSERT INTO "audit_events" VALUES(17,'event_ePOdNiShUsPmSBYV',1795702578956,'session','CREATE','SUCCESS','UI','user_sobvVc4wCVWFqLj2','{"orgId":"org_5SO3SZGNKsoTLEbY","userId":"user_sobvVc4wCVWFqLj2","user":{"email":"admin@frozen.test","firstName":"Admin","lastName":"","id":"user_sobvVc4wCVWFqLj2"}}','127.0.0.1',NULL,NULL,NULL,NULL,NULL,NULL,'{"user":"admin@frozen.test"}',NULL);
CREATE TABLE blueprints (
  identifier TEXT PRIMARY KEY,
  -- Of the document, so that lists and runs can show them without reading it.
  title TEXT,
  icon TEXT,
  doc TEXT NOT NULL,
  -- Grows with every change; compiled validators are cached by it and re-checked inside each write.
  revision BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  updated_by TEXT NOT NULL
);
INSERT INTO "blueprints" VALUES('domain','Domaine "ä€𝄞"',NULL,'{"identifier":"domain","title":"Domaine \"ä€𝄞\"","schema":{"properties":{},"required":[]}}',1795702578861,1795702578861,'load-client',1795702578861,'load-client');
INSERT INTO "blueprints" VALUES('microservice','Service',NULL,'{"identifier":"microservice","title":"Service","schema":{"properties":{"region":{"type":"string"},"build":{"type":"number"}},"required":[]},"relations":{"domain":{"title":"Domain","target":"domain","required":false,"many":false},"uses":{"title":"Uses","target":"microservice","required":false,"many":true}}}',1795702578866,1795702578866,'load-client',1795702578866,'load-client');
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
  request_enc BLOB,
  due_at BIGINT NOT NULL,
  window_end BIGINT NOT NULL,
  lease_owner TEXT,
  lease_until BIGINT,
  attempts BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
INSERT INTO "deliveries" VALUES('dlv_8coZmtBhFMBQEs5J','r_BCUkQqBm33fn1ziY','SUCCEEDED','POST','http://127.0.0.1:34019/hook','127.0.0.1:34019',NULL,1795702578898,1795704378898,NULL,NULL,1,1795702578898,1795702578903);
INSERT INTO "deliveries" VALUES('dlv_2YxhB2ukjDj8IpOF','r_xIgfFnTYC8oYJ1Xa','SUCCEEDED','POST','http://127.0.0.1:34019/hook','127.0.0.1:34019',NULL,1795702578913,1795704378913,NULL,NULL,1,1795702578913,1795702578961);
CREATE TABLE delivery_attempts (
  delivery_id TEXT NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
  number BIGINT NOT NULL,
  started_at BIGINT NOT NULL,
  duration_ms BIGINT NOT NULL,
  status_code BIGINT,
  error TEXT,
  response_excerpt TEXT,
  PRIMARY KEY (delivery_id, number)
) WITHOUT ROWID;
INSERT INTO "delivery_attempts" VALUES('dlv_2YxhB2ukjDj8IpOF',1,1795702578917,44,200,NULL,'{"received":true}');
INSERT INTO "delivery_attempts" VALUES('dlv_8coZmtBhFMBQEs5J',1,1795702578900,3,200,NULL,'{"received":true}');
CREATE TABLE entities (
  blueprint TEXT NOT NULL REFERENCES blueprints (identifier) ON UPDATE CASCADE,
  identifier TEXT NOT NULL,
  title TEXT,
  icon TEXT,
  team TEXT NOT NULL,
  properties TEXT NOT NULL,
  -- As the API shows them; the rows of entity_relations are the same facts, indexed.
  relations TEXT NOT NULL,
  data_source TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  updated_by TEXT NOT NULL,
  PRIMARY KEY (blueprint, identifier)
) WITHOUT ROWID;
INSERT INTO "entities" VALUES('domain','shop','It''s a shop',NULL,'[]','{}','{}','',1795702578868,'load-client',1795702578868,'load-client');
INSERT INTO "entities" VALUES('microservice','Zebra',NULL,NULL,'[]','{"region":"eu","build":1.5}','{"domain":"shop","uses":[]}','',1795702578870,'load-client',1795702578870,'load-client');
INSERT INTO "entities" VALUES('microservice','apple',NULL,NULL,'[]','{"build":2}','{}','',1795702578872,'load-client',1795702578902,'load-client');
INSERT INTO "entities" VALUES('microservice','éclair',NULL,NULL,'[]','{"region":"eu","build":1.5}','{"domain":"shop","uses":["apple","Zebra"]}','',1795702578882,'load-client',1795702578882,'load-client');
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
) WITHOUT ROWID;
INSERT INTO "entity_relations" VALUES('microservice','Zebra','domain',0,'domain','shop');
INSERT INTO "entity_relations" VALUES('microservice','éclair','domain',0,'domain','shop');
INSERT INTO "entity_relations" VALUES('microservice','éclair','uses',1,'microservice','Zebra');
INSERT INTO "entity_relations" VALUES('microservice','éclair','uses',0,'microservice','apple');
CREATE TABLE idempotency_keys (
  caller TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint BLOB NOT NULL,
  run_id TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (caller, key)
);
CREATE TABLE organizations (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  settings TEXT NOT NULL,
  -- Proves that the master key in use is the one this database was written with.
  key_check BLOB NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
INSERT INTO "organizations" VALUES('org_5SO3SZGNKsoTLEbY','Larboard','{}',X'9D6720EC5079ED7FF3B169FA784699C5B896CAFC8241BEB5076979D2A1249A3D57E253FE',1795702578727,1795702578727);
CREATE TABLE run_logs (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  seq BIGINT NOT NULL,
  id TEXT NOT NULL,
  message TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  PRIMARY KEY (run_id, seq)
) WITHOUT ROWID;
INSERT INTO "run_logs" VALUES('r_BCUkQqBm33fn1ziY',1,'log_keIQXBrQ2DkKIFJe','one \ two '' three
	four',1795702578905,'load-client');
INSERT INTO "run_logs" VALUES('r_BCUkQqBm33fn1ziY',2,'log_hQTgAGqWGtEhXaHk','the end',1795702578910,'load-client');
INSERT INTO "run_logs" VALUES('r_xIgfFnTYC8oYJ1Xa',1,'log_eDQbA1km3X92nxSr','still at it',1795702578919,'load-client');
CREATE TABLE runs (
  id TEXT PRIMARY KEY,
  action TEXT NOT NULL,
  blueprint TEXT,
  entity TEXT,
  status TEXT NOT NULL,
  status_label TEXT,
  source TEXT NOT NULL,
  properties TEXT NOT NULL,
  raw_properties TEXT,
  required_approval TEXT NOT NULL,
  approval TEXT,
  link TEXT,
  summary TEXT,
  message TEXT,
  payload TEXT,
  response TEXT,
  external_run_id TEXT,
  -- The run's status follows the answer of its backend; nobody may set it.
  synchronized INTEGER NOT NULL,
  -- Delivered by an execution agent, which reports the status itself.
  agent INTEGER NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  updated_by TEXT NOT NULL,
  impersonated_by TEXT,
  ended_at BIGINT,
  -- The number of log lines, which is the seq of the last one: dense from 1.
  log_count BIGINT NOT NULL
);
INSERT INTO "runs" VALUES('r_BCUkQqBm33fn1ziY','deploy','microservice',NULL,'SUCCESS',NULL,'API','{"n":1}',NULL,'false',NULL,'["https://ci.example.com/1"]','**done**',NULL,'{"type":"WEBHOOK","url":"http://127.0.0.1:34019/hook","body":{"runId":"r_BCUkQqBm33fn1ziY","n":1},"headers":{"authorization":"***"}}',NULL,NULL,0,0,1795702578898,'load-client',1795702578910,'load-client',NULL,1795702578910,2);
INSERT INTO "runs" VALUES('r_xIgfFnTYC8oYJ1Xa','create_microservice','microservice',NULL,'IN_PROGRESS',NULL,'API','{"name":"x"}',NULL,'false',NULL,NULL,NULL,NULL,'{"type":"WEBHOOK","url":"http://127.0.0.1:34019/hook","body":{"action":"create_microservice","resourceType":"run","status":"TRIGGERED","trigger":{"by":{"orgId":"org_5SO3SZGNKsoTLEbY","userId":"load-client","user":{"email":null,"firstName":"Default app","lastName":null,"id":"load-client"}},"origin":"API","at":"2026-11-26T14:16:18.913Z"},"context":{"entity":null,"blueprint":"microservice","runId":"r_xIgfFnTYC8oYJ1Xa"},"payload":{"entity":null,"action":{"id":"action_MSf92iscwqsxTMPb","identifier":"create_microservice","title":"Create","trigger":"CREATE","userInputs":{"properties":{"name":{"type":"string"}},"required":[]},"invocationMethod":{"type":"WEBHOOK","url":"http://127.0.0.1:34019/hook"},"blueprint":"microservice","createdAt":"2026-11-26T14:16:18.896Z","createdBy":"load-client","updatedAt":"2026-11-26T14:16:18.896Z","updatedBy":"load-client"},"properties":{"name":"x"}}}}',NULL,NULL,0,0,1795702578913,'load-client',1795702578913,'load-client',NULL,NULL,1);
CREATE TABLE schema_migrations (name TEXT PRIMARY KEY, checksum TEXT NOT NULL);
INSERT INTO "schema_migrations" VALUES('0001_organization','d5fec22fe0e4b99d');
INSERT INTO "schema_migrations" VALUES('0002_catalog','e1a08717918deb23');
INSERT INTO "schema_migrations" VALUES('0003_actions','6e29c05d8423977d');
INSERT INTO "schema_migrations" VALUES('0004_runs','828cfb7b5b6da9a3');
INSERT INTO "schema_migrations" VALUES('0005_deliveries','2245561f01d73eac');
INSERT INTO "schema_migrations" VALUES('0006_audit','17ab4471f1b81283');
CREATE TABLE secrets (
  name TEXT PRIMARY KEY,
  value_enc BLOB NOT NULL,
  description TEXT,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  updated_by TEXT NOT NULL
);
INSERT INTO "secrets" VALUES('TOKEN',X'278CABCDECEFD7219213F2F6C885364AEC1420AA5F61972AFEA529587ACB566FCA7D9FE14A31F68047DA82236E8C7C',NULL,1795702578883,'load-client',1795702578883,'load-client');
CREATE TABLE sessions (
  token_hash BLOB PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  csrf_token TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
INSERT INTO "sessions" VALUES(X'F979F258CD0FFE9E9ECF414672AE7051EBE35109DFEB023803F71987EE717C00','user_sobvVc4wCVWFqLj2','ISL1cbIgz4eQpfim3lrQOXRLCt9Pjjdz',1795702578956,1796307378956);
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
INSERT INTO "users" VALUES('user_sobvVc4wCVWFqLj2','admin@frozen.test','Admin','','Admin','Active','$argon2id$v=19$m=19456,t=2,p=1$lVG80x0gf4X+566k8kxfFA$RrrYss8QaTRrIJLzNK94AU4gUzl/cxXcnJj52eF/LkQ',1795702578836,1795702578836);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);
CREATE INDEX entity_relations_target ON entity_relations (target_blueprint, target, blueprint, entity);
CREATE INDEX actions_blueprint ON actions (blueprint);
CREATE INDEX runs_created ON runs (created_at, id);
CREATE INDEX runs_action ON runs (action, created_at, id);
CREATE INDEX runs_entity ON runs (entity, created_at, id) WHERE entity IS NOT NULL;
CREATE INDEX runs_blueprint ON runs (blueprint, created_at, id) WHERE blueprint IS NOT NULL;
CREATE INDEX runs_creator ON runs (created_by, created_at, id);
CREATE INDEX runs_external ON runs (external_run_id) WHERE external_run_id IS NOT NULL;
CREATE INDEX runs_active ON runs (created_at, id) WHERE ended_at IS NULL;
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);
CREATE INDEX deliveries_due ON deliveries (due_at, id) WHERE state = 'PENDING';
CREATE INDEX deliveries_run ON deliveries (run_id, created_at, id);
CREATE UNIQUE INDEX audit_events_id ON audit_events (id);
CREATE INDEX audit_events_run ON audit_events (run_id, seq) WHERE run_id IS NOT NULL;
CREATE INDEX audit_events_entity ON audit_events (entity, seq) WHERE entity IS NOT NULL;
CREATE INDEX audit_events_at ON audit_events (at, seq);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('audit_events',17);
COMMIT;
