/**
 * The shapes the portal reads from the API, written by hand after the facts until the generated
 * `schema.d.ts` (`npm run types`) replaces them. Only what the portal shows is described.
 */

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };
export type JsonObject = { [key: string]: JsonValue };

export interface SessionUser {
  id: string;
  email: string;
  firstName?: string | null;
  lastName?: string | null;
  role: string;
}

export interface Session {
  user: SessionUser;
  csrfToken: string;
}

/** Either a literal or an expression that only the server can evaluate. */
export type OrQuery<T> = T | { jqQuery: string };

export interface InputSchema {
  type: 'string' | 'number' | 'boolean' | 'object' | 'array';
  format?: string;
  title?: string;
  description?: string;
  icon?: string;
  default?: OrQuery<JsonValue>;
  enum?: OrQuery<(string | number)[]>;
  enumColors?: Record<string, string>;
  blueprint?: string;
  sort?: { property: string; order: 'ASC' | 'DESC' };
  dependsOn?: string[];
  visible?: OrQuery<boolean>;
  disabled?: OrQuery<boolean>;
  minLength?: number;
  maxLength?: number;
  pattern?: OrQuery<string | string[]>;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minItems?: OrQuery<number>;
  maxItems?: OrQuery<number>;
  uniqueItems?: boolean;
  items?: Partial<InputSchema>;
  encryption?: string | { algorithm: string; key: string };
}

export interface InputTitle {
  title: string;
  description?: string;
  visible?: OrQuery<boolean>;
}

export interface UserInputs {
  properties: Record<string, InputSchema>;
  titles?: Record<string, InputTitle>;
  required?: OrQuery<string[]>;
  order?: string[];
  steps?: { title: string; order: string[]; visible?: OrQuery<boolean> }[];
}

export type Operation = 'CREATE' | 'DAY-2' | 'DELETE';

export interface SelfServiceTrigger {
  type: 'self-service';
  operation: Operation;
  blueprintIdentifier?: string;
  userInputs: UserInputs;
  actionCardButtonText?: string;
  executeActionButtonText?: string;
}

export interface Action {
  id?: string;
  identifier: string;
  title?: string | null;
  icon?: string | null;
  description?: string | null;
  trigger: SelfServiceTrigger;
  publish?: boolean;
  requiredApproval?: boolean | { type: 'ANY' | 'ALL' };
  invocationMethod?: { type: string } & JsonObject;
  createdAt?: string;
  updatedAt?: string;
}

export interface RunReference {
  identifier: string;
  title?: string | null;
  icon?: string | null;
  deleted?: boolean;
}

export type RunStatus = 'WAITING_FOR_APPROVAL' | 'IN_PROGRESS' | 'SUCCESS' | 'FAILURE' | 'DECLINED';

/** A run in its v2 shape. */
export interface Run {
  id: string;
  status: RunStatus;
  statusLabel?: string | null;
  action: RunReference;
  blueprint?: RunReference | null;
  entity?: RunReference | null;
  properties: JsonObject;
  source: string | JsonObject;
  requiredApproval?: boolean | { type: 'ANY' | 'ALL' };
  approval?: { state?: string; description?: string; userId?: string | null } | null;
  link?: string | string[] | null;
  summary?: string | null;
  message?: JsonObject | null;
  payload?: JsonValue;
  response?: JsonValue;
  externalRunId?: string;
  createdAt: string;
  updatedAt: string;
  endedAt?: string | null;
  createdBy: string;
  updatedBy?: string;
  impersonatedBy?: string;
}

export interface RunLog {
  id: string;
  runId: string;
  message: string;
  createdAt: string;
  createdBy?: string;
  seq: number;
}

export interface DeliveryAttempt {
  number: number;
  startedAt: string;
  durationMs?: number | null;
  statusCode?: number | null;
  error?: string | null;
  responseExcerpt?: string | null;
}

export interface Delivery {
  id: string;
  state: string;
  method?: string | null;
  url?: string | null;
  attempts: DeliveryAttempt[];
  nextAttemptAt?: string | null;
}

export interface Actor {
  orgId?: string;
  userId?: string;
  byPort?: boolean;
  user?: { email?: string | null; firstName?: string | null; lastName?: string | null; id?: string } | null;
}

export interface AuditEvent {
  identifier: string;
  action: string;
  resourceType: string;
  status: string;
  trigger: { by?: Actor; origin?: string; at: string };
  context: {
    blueprint?: string;
    entity?: string;
    runId?: string;
    action?: string;
    [key: string]: JsonValue | undefined;
  };
  diff?: { before: JsonValue; after: JsonValue } | null;
  additionalData?: JsonValue;
  message?: string | null;
}

export interface Property {
  type: string;
  title?: string;
  description?: string;
  icon?: string;
  format?: string;
  spec?: string;
  enum?: (string | number)[];
  enumColors?: Record<string, string>;
  items?: { type?: string; format?: string };
}

export interface Relation {
  target: string;
  title?: string;
  description?: string;
  required?: boolean;
  many?: boolean;
}

export interface Blueprint {
  identifier: string;
  title: string;
  icon?: string | null;
  description?: string | null;
  schema: { properties: Record<string, Property>; required?: string[] };
  relations?: Record<string, Relation>;
  calculationProperties?: Record<string, Property>;
  mirrorProperties?: Record<string, { title?: string; path: string }>;
  aggregationProperties?: Record<string, { title?: string }>;
  createdAt?: string;
  updatedAt?: string;
}

export type RelationValue = string | string[] | null;

export interface Entity {
  identifier: string;
  title?: string | null;
  icon?: string | null;
  blueprint: string;
  team?: string | string[] | null;
  properties: JsonObject;
  relations: Record<string, RelationValue>;
  createdAt: string;
  createdBy?: string;
  updatedAt: string;
  updatedBy?: string;
}
