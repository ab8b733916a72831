/**
 * Short names for the shapes of the API. They are generated: `npm run types` makes `schema.d.ts` of
 * docs/openapi.json, and a test fails when it is out of date. Nothing here describes a shape anew.
 */
import type { components } from './schema';

type Schemas = components['schemas'];

export type JsonValue = unknown;
export type JsonObject = Record<string, unknown>;

export type Session = Omit<Schemas['SessionReply'], 'ok'>;
export type SessionUser = Schemas['SessionUser'];

/** Either a literal or an expression that only the server can evaluate. */
export type OrQuery<T> = T | Schemas['JqQuery'];

export type UserInputs = Schemas['UserInputs'];
export type InputSchema = Schemas['Input'];

type Trigger = Schemas['SelfServiceTrigger'];
export type Operation = Trigger['operation'];
/** A self-service action in today's shape: the portal lists no automations. */
export type Action = Omit<Schemas['Action'], 'trigger'> & { trigger: Trigger };

/** A run in its second shape. */
export type Run = Schemas['Run'];
export type RunStatus = Run['status'];
/** A line as the live stream carries it. */
export type RunLog = Schemas['RunLog'] & { seq: number };
export type Delivery = Schemas['Delivery'];
export type DeliveryAttempt = Schemas['Attempt'];

export type AuditEvent = Schemas['AuditEvent'];
export type Actor = Schemas['Actor'];

export type Blueprint = Schemas['Blueprint'];
export type Property = Schemas['Property'];
export type Relation = Schemas['Relation'];
export type Entity = Schemas['Entity'];
export type RelationValue = Entity['relations'][string];

export type Scorecard = Schemas['Scorecard'];
export type SearchQuery = Schemas['SearchQuery'];
export type SearchRule = Schemas['SearchRule'];
