/**
 * The form of one action. Errors stand beside the input they concern, what concerns none above the
 * form. Executing twice with one press is impossible: a repeated try carries the same key.
 */
import { useEffect, useMemo, useRef, useState } from 'react';
import { Alert, Button, Group, Stack, Stepper, Text, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconAlertCircle, IconBolt, IconShieldCheck } from '@tabler/icons-react';
import { NetworkError, splitFaults } from '@/api/errors';
import type { Action, JsonObject, Run } from '@/api/types';
import { announceRun } from '@/features/runs/announce';
import { RunLink } from '@/components/RunLink';
import { EntityPicker } from '@/features/entities/EntityPicker';
import { type FieldValue, fieldsOf, formSteps, initialValues, isBlank, submission } from './formModel';
import { type DraftOf, findDraft, keepDraft } from './drafts';
import { type FieldErrors, faultsIn } from './formRules';
import { InputField } from './InputField';
import { actionTitle, executeButton, needsEntity, useExecute } from './queries';

interface Props {
  action: Action;
  target?: string;
  given?: JsonObject;
  /** Under what the form is kept until it is executed or closed. */
  draft?: DraftOf;
  onDone: () => void;
}

/** The pseudo-input of the entity the action acts on. */
const TARGET = '$targetEntity';
const UNANSWERED = 'The server cannot be reached, and may have got the request. Execute again once it answers: nothing is executed twice.';

/** What can be filled in now. */
const CONTROLS = 'input:not([type="hidden"]):not(:disabled), textarea:not(:disabled)';

export function ExecuteForm({ action, target, given, draft, onDone }: Props) {
  const steps = useMemo(() => formSteps(action.trigger.userInputs), [action]);
  const fields = useMemo(() => fieldsOf(steps), [steps]);
  const [left] = useState(() => draft && findDraft(draft));
  const [values, setValues] = useState(() => ({ ...initialValues(fields, given), ...left?.values }));
  const [entity, setEntity] = useState(left?.entity ?? target ?? '');
  const [errors, setErrors] = useState<FieldErrors>({});
  const [general, setGeneral] = useState<string | null>(null);
  const [step, setStep] = useState(0);
  const form = useRef<HTMLFormElement>(null);
  const key = useRef<string | null>(null);
  const touched = useRef(false);
  useEffect(() => {
    // Of a step that is new, too. The drawer opens before the form is loaded, so its own focus went to the close button.
    // What is filled in already, such as the entity of the page one comes from, need not be passed again.
    const controls = [...(form.current?.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>(CONTROLS) ?? [])];
    (controls.find(({ value }) => value === '') ?? controls[0])?.focus();
  }, [step]);
  useEffect(() => {
    if (draft && touched.current) keepDraft(draft, fields, { values, entity });
  }, [draft, fields, values, entity]);
  const execute = useExecute();
  // The request may have arrived all the same. The next one carries the same key.
  const unanswered = execute.error instanceof NetworkError;
  const asksEntity = needsEntity(action);
  const last = step === steps.length - 1;

  const change = (id: string, value: FieldValue) => {
    key.current = null;
    touched.current = true;
    setValues((previous) => ({ ...previous, [id]: value }));
    setErrors((previous) => without(previous, id));
  };
  const show = (found: FieldErrors) => {
    setErrors(found);
    const first = steps.findIndex((each) => each.items.some((item) => 'field' in item && found[item.field.id]));
    setStep(found[TARGET] || first < 0 ? 0 : first);
    // The control is in the page only after the step has been drawn.
    setTimeout(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  };
  const check = (upTo: number): boolean => {
    const found = faultsIn(fieldsOf(steps.slice(0, upTo + 1)), values);
    if (asksEntity && !entity) found[TARGET] = 'Choose the entity to act on.';
    show(found);
    return Object.keys(found).length === 0;
  };
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    setGeneral(null);
    if (!check(step)) return;
    if (!last) {
      setStep(step + 1);
      return;
    }
    key.current ??= crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    execute.mutate(
      { action: action.identifier, properties: submission(fields, values), entity: asksEntity ? entity : undefined, idempotencyKey: key.current },
      {
        onSuccess: (run) => {
          started(action, run);
          onDone();
        },
        onError: (error) => {
          if (!(error instanceof NetworkError)) key.current = null;
          const split = splitFaults(error, fields.map((field) => field.id));
          setGeneral(split.general);
          show(split.fields);
          if (split.general) form.current?.scrollIntoView({ block: 'start' });
        },
      },
    );
  };

  return (
    <form ref={form} onSubmit={submit} noValidate aria-label={`Execute ${actionTitle(action)}`}>
      <Stack gap="md">
        {general && (
          <Alert color="red" icon={<IconAlertCircle size={18} />} title={unanswered ? 'No answer came' : 'This was not executed'} role="alert">
            {unanswered ? UNANSWERED : general}
          </Alert>
        )}
        {steps.length > 1 && <Steps titles={steps.map((each) => each.title ?? '')} active={step} onStep={(to) => to < step && setStep(to)} />}
        {asksEntity && step === 0 && (
          <EntityPicker
            label="Entity"
            description="What the action acts on"
            blueprint={action.trigger.blueprintIdentifier ?? ''}
            value={entity}
            onChange={(value) => {
              key.current = null;
              touched.current = true;
              setEntity(value);
              setErrors((previous) => without(previous, TARGET));
            }}
            error={errors[TARGET]}
            required
          />
        )}
        {steps[step]?.items.map((item, index) =>
          'field' in item ? (
            <InputField
              key={item.field.id}
              field={item.field}
              value={values[item.field.id] ?? ''}
              error={errors[item.field.id]}
              waitsFor={item.field.dependsOn.filter((id) => isBlank(values[id]))}
              onChange={(value) => change(item.field.id, value)}
            />
          ) : (
            <div key={`title-${index}`}>
              <Title order={3} mt="xs">
                {item.heading}
              </Title>
              {item.description && (
                <Text size="sm" c="dimmed">
                  {item.description}
                </Text>
              )}
            </div>
          ),
        )}
        {fields.length === 0 && !asksEntity && (
          <Text c="dimmed" size="sm">
            This action asks for nothing. Press the button to execute it.
          </Text>
        )}
        {action.requiredApproval && (
          <Alert color="orange" variant="light" icon={<IconShieldCheck size={18} />}>
            Someone has to approve the run before anything happens.
          </Alert>
        )}
        <Group justify="flex-end" mt="xs">
          {step > 0 && (
            <Button variant="default" onClick={() => setStep(step - 1)}>
              Back
            </Button>
          )}
          <Button
            type="submit"
            loading={execute.isPending}
            color={last && action.trigger.operation === 'DELETE' ? 'red' : undefined}
            leftSection={last ? <IconBolt size={17} /> : null}
          >
            {last ? executeButton(action) : 'Next'}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Steps({ titles, active, onStep }: { titles: string[]; active: number; onStep: (step: number) => void }) {
  return (
    <Stepper active={active} onStepClick={onStep} size="sm" iconSize={28} aria-label="Steps">
      {titles.map((title, index) => (
        <Stepper.Step key={index} label={title} allowStepSelect={index < active} />
      ))}
    </Stepper>
  );
}

function without(errors: FieldErrors, id: string): FieldErrors {
  return Object.fromEntries(Object.entries(errors).filter(([key]) => key !== id));
}

function started(action: Action, run: Run): void {
  announceRun();
  const id = `started-${run.id}`;
  notifications.show({
    id,
    color: 'tide',
    title: run.status === 'WAITING_FOR_APPROVAL' ? 'Waiting for approval' : 'The run has started',
    message: (
      <>
        {actionTitle(action)}: <RunLink id={run.id} onClick={() => notifications.hide(id)}>open the run</RunLink>
      </>
    ),
    autoClose: 8000,
  });
}
