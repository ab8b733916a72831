/** The fields of one step, under the titles of their sections. */
import { Stack, Text, Title } from '@mantine/core';
import { FieldInput } from './FieldInput';
import { type Field, type Section, missingDependencies } from './model';
import type { ActionForm } from './useActionForm';

export function ActionFields({ form, sections }: { form: ActionForm; sections: Section[] }) {
  return (
    <Stack gap="xl">
      {sections.map((section) => (
        <Stack key={section.id || 'plain'} gap="md" role={section.title ? 'group' : undefined} aria-label={section.title}>
          {section.title && (
            <div>
              <Title order={3}>{section.title}</Title>
              {section.description && (
                <Text size="sm" c="dimmed" mt={2}>
                  {section.description}
                </Text>
              )}
            </div>
          )}
          {section.fields
            .filter((field) => !field.hidden)
            .map((field) => (
              <div key={field.id} data-field={field.id} onBlur={() => form.checkField(field.id)}>
                <FieldInput
                  field={field}
                  value={form.values[field.id]}
                  error={form.faults[field.id]}
                  waitingFor={waitingFor(field, form)}
                  onChange={(value) => form.set(field.id, value)}
                />
              </div>
            ))}
        </Stack>
      ))}
    </Stack>
  );
}

function waitingFor(field: Field, form: ActionForm): string | undefined {
  const missing = missingDependencies(field, form.values);
  if (missing.length === 0) return undefined;
  return missing.map((id) => form.fields.find((candidate) => candidate.id === id)?.label ?? id).join(', ');
}
