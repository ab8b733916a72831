/** What a run was given and what was sent and answered for it. */
import { Card, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { InputSchema, JsonValue, Run } from '@/api/types';
import { Facts } from '@/components/Facts';
import { JsonBlock } from '@/components/JsonBlock';
import { Value } from '@/components/Value';
import { actionsQuery } from '@/features/self-service/queries';

export function RunInputs({ run }: { run: Run }) {
  const actions = useQuery(actionsQuery);
  const schemas: Record<string, InputSchema> =
    actions.data?.find((action) => action.identifier === run.action.identifier)?.trigger.userInputs.properties ?? {};
  const inputs = Object.entries(run.properties ?? {});
  return (
    <Card mt="md" component="section" aria-label="Form inputs">
      <Title order={2} size="h3" mb={4}>
        Inputs
      </Title>
      {inputs.length === 0 ? (
        <Text size="sm" c="dimmed">
          This run was given no inputs.
        </Text>
      ) : (
        <Facts
          label="Form inputs"
          facts={inputs.map(([id, value]) => ({
            key: id,
            name: schemas[id]?.title || id,
            value: <Value value={value} schema={schemas[id]} of={schemas[id]?.title || id} />,
          }))}
        />
      )}
    </Card>
  );
}

export function RunDetails({ run }: { run: Run }) {
  return (
    <Stack>
      <Part title="Payload" value={run.payload} empty="No payload has been rendered for this run." />
      <Part title="Response" value={run.response} empty="No response is stored. Only synchronized runs keep one." />
    </Stack>
  );
}

function Part({ title, value, empty }: { title: string; value: JsonValue | undefined; empty: string }) {
  return (
    <Card component="section" aria-label={title}>
      <Title order={2} size="h3" mb="xs">
        {title}
      </Title>
      {value === undefined || value === null || value === '' ? (
        <Text size="sm" c="dimmed">
          {empty}
        </Text>
      ) : (
        <JsonBlock value={value} label={title} />
      )}
    </Card>
  );
}
