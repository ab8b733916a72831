/** Actions: listing them, and executing one. */
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '@/api/client';
import type { Action, JsonObject, Run } from '@/api/types';

/** Every self-service action, by title. */
export const actionsQuery = queryOptions({
  queryKey: ['actions'],
  queryFn: async ({ signal }): Promise<Action[]> => {
    const query = { trigger_type: 'self-service', version: 'v2' };
    const { actions } = await api.get<{ actions: Action[] }>('v1/actions', { query, signal });
    return actions
      .filter((action) => action.trigger?.type === 'self-service')
      .sort((a, b) => actionTitle(a).localeCompare(actionTitle(b)));
  },
});

export function actionQuery(identifier: string) {
  return queryOptions({
    queryKey: ['actions', identifier],
    queryFn: async ({ signal }): Promise<Action> => {
      const path = `v1/actions/${encodeURIComponent(identifier)}`;
      return (await api.get<{ action: Action }>(path, { query: { version: 'v2' }, signal })).action;
    },
  });
}

export function actionTitle(action: Pick<Action, 'identifier' | 'title'>): string {
  return action.title || action.identifier;
}

const DEFAULT_BUTTON = { CREATE: 'Create', 'DAY-2': 'Execute', DELETE: 'Delete' } as const;

export function cardButton({ trigger }: Action): string {
  return trigger.actionCardButtonText || DEFAULT_BUTTON[trigger.operation] || 'Execute';
}

export function executeButton({ trigger }: Action): string {
  return trigger.executeActionButtonText || 'Execute';
}

/** Why the action cannot be executed now, for all to see; null if it can. */
export function whyDisabled({ publish }: Action): string | null {
  return publish === false ? 'This action is not published. Whoever maintains it can publish it.' : null;
}

/** Whether the action acts on an entity that must be chosen. */
export function needsEntity({ trigger }: Action): boolean {
  return trigger.operation !== 'CREATE' && Boolean(trigger.blueprintIdentifier);
}

interface Execution {
  action: string;
  properties: JsonObject;
  entity?: string;
  /** The same for every try of one press of the button, so that a lost reply starts no second run. */
  idempotencyKey: string;
}

export function useExecute() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ action, properties, entity, idempotencyKey }: Execution): Promise<Run> => {
      const path = `v1/actions/${encodeURIComponent(action)}/runs`;
      const body = entity ? { properties, entity } : { properties };
      const headers = { 'idempotency-key': idempotencyKey };
      return (await api.post<{ run: Run }>(path, { body, headers })).run;
    },
    onSuccess: (run) => {
      client.setQueryData(['run', run.id], run);
      void client.invalidateQueries({ queryKey: ['runs'] });
    },
  });
}
