/** How the three operations of an action are named and coloured. */
import type { Action, Operation } from '@/api/types';

interface Look {
  label: string;
  color: string;
  /** On the card and on the form, unless the action names its own. */
  button: string;
}

export const OPERATIONS: Record<Operation, Look> = {
  CREATE: { label: 'Create', color: 'green', button: 'Create' },
  'DAY-2': { label: 'Day-2', color: 'blue', button: 'Execute' },
  DELETE: { label: 'Delete', color: 'red', button: 'Delete' },
};

export function titleOf(action: Pick<Action, 'title' | 'identifier'>): string {
  return action.title || action.identifier;
}

export function cardButton(action: Action): string {
  return action.trigger.actionCardButtonText ?? OPERATIONS[action.trigger.operation].button;
}

export function executeButton(action: Action): string {
  return action.trigger.executeActionButtonText ?? OPERATIONS[action.trigger.operation].button;
}

/** Invocation methods this portal's server can execute is the server's to say; unpublished is ours to show. */
export function whyDisabled(action: Action): string | null {
  return action.publish === false ? 'This action is not published. Whoever maintains it can publish it.' : null;
}
