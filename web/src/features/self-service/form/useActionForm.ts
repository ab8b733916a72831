/** The state of one filled-in action: values, faults, the step, and what the server said. */
import { useMemo, useState } from 'react';
import { splitFaults } from '@/api/errors';
import type { Action, JsonObject, JsonValue } from '@/api/types';
import { type FormValues, fieldsOf, initialValues, isEmpty, stepsOf, toProperties } from './model';
import { faultOf, faultsIn } from './validate';

/** The pseudo-field that holds the entity an action works on. */
export const TARGET = '$targetEntity';

export interface Prefill {
  entity?: string;
  properties?: JsonObject;
}

/** Whether the form must ask which entity the action works on. */
export function asksForEntity(action: Action): boolean {
  return action.trigger.operation !== 'CREATE' && action.trigger.blueprintIdentifier !== undefined;
}

export function useActionForm(action: Action, prefill: Prefill) {
  const steps = useMemo(() => stepsOf(action.trigger.userInputs), [action]);
  const fields = useMemo(() => fieldsOf(steps), [steps]);
  const [values, setValues] = useState<FormValues>(() => initialValues(fields, prefill.properties));
  const [entity, setEntity] = useState<string | undefined>(prefill.entity);
  const [faults, setFaults] = useState<Record<string, string>>({});
  const [general, setGeneral] = useState<string | null>(null);
  const [step, setStep] = useState(0);
  const needsEntity = asksForEntity(action);

  const set = (id: string, value: JsonValue | undefined) => {
    setValues((current) => ({ ...current, [id]: value }));
    clearFault(id);
  };
  const clearFault = (id: string) =>
    setFaults((current) => Object.fromEntries(Object.entries(current).filter(([key]) => key !== id)));

  /** Checks the fields of the current step, or all of them, and goes to the first fault. */
  const check = (scope: 'step' | 'all'): boolean => {
    const checked = scope === 'step' ? fieldsOf(steps.slice(step, step + 1)) : fields;
    const found = faultsIn(checked, values);
    if (needsEntity && isEmpty(entity) && (scope === 'all' || step === 0)) {
      found[TARGET] = 'Choose the entity this action works on.';
    }
    setFaults(found);
    if (scope === 'all') showStepOf(Object.keys(found));
    return Object.keys(found).length === 0;
  };

  const showStepOf = (ids: string[]) => {
    if (ids.length === 0) return;
    const first = steps.findIndex((candidate, index) =>
      (index === 0 && ids.includes(TARGET)) || fieldsOf([candidate]).some((field) => ids.includes(field.id)),
    );
    if (first >= 0) setStep(first);
  };

  /** Puts a refusal beside the fields it names, and the rest at the top. */
  const refuse = (error: unknown) => {
    const split = splitFaults(error, fields.filter((field) => !field.hidden).map((field) => field.id));
    setFaults(split.fields);
    setGeneral(split.general);
    showStepOf(Object.keys(split.fields));
  };

  return {
    steps,
    fields,
    values,
    entity,
    faults,
    general,
    step,
    needsEntity,
    set,
    setEntity: (next: string | undefined) => {
      setEntity(next);
      clearFault(TARGET);
    },
    setStep,
    check,
    checkField: (id: string) => {
      const field = fields.find((candidate) => candidate.id === id);
      const fault = field && !isEmpty(values[id]) ? faultOf(field, values[id]) : undefined;
      if (fault) setFaults((current) => ({ ...current, [id]: fault }));
    },
    clearGeneral: () => setGeneral(null),
    refuse,
    request: () => ({ entity: needsEntity || entity ? entity : undefined, properties: toProperties(fields, values) }),
  };
}

export type ActionForm = ReturnType<typeof useActionForm>;
