/** What came of an evaluation: outputs, a rendered document, or a fault with its place. */
import { Alert, Group, Loader, Stack, Text, Title } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { JsonBlock } from '@/components/JsonBlock';
import { ErrorState } from '@/components/QueryStates';
import type { JsonValue } from '@/api/types';
import type { Answer, Fault } from './queries';

interface Props {
  answer: Answer | undefined;
  error: unknown;
  pending: boolean;
  /** Why nothing is asked now. */
  hint: string | null;
  onRetry: () => void;
}

export function JqAnswer({ answer, error, pending, hint, onRetry }: Props) {
  return (
    <Stack gap="sm" aria-live="polite" aria-busy={pending} role="region" aria-label="Answer">
      <Group gap="xs" h={24}>
        <Title order={2} size="sm">
          {headline(answer)}
        </Title>
        {pending && <Loader size={14} role="status" aria-label="Evaluating" />}
      </Group>
      {hint && <Text c="dimmed">{hint}</Text>}
      {error ? <ErrorState error={error} title="It could not be evaluated" onRetry={onRetry} /> : answer && <Body answer={answer} />}
    </Stack>
  );
}

function headline(answer: Answer | undefined): string {
  if (!answer || 'result' in answer) return 'Result';
  if ('fault' in answer) return 'Fault';
  const count = answer.outputs.length;
  return count === 1 ? '1 output' : `${count} outputs`;
}

function Body({ answer }: { answer: Answer }) {
  if ('fault' in answer) return <FaultAlert fault={answer.fault} />;
  if ('result' in answer) return <JsonBlock value={printed(answer.result)} label="Result" maxHeight={640} />;
  if (answer.outputs.length === 0) return <Text c="dimmed">The expression puts out nothing, as `empty` does.</Text>;
  return <Outputs outputs={answer.outputs} />;
}

function Outputs({ outputs }: { outputs: JsonValue[] }) {
  return outputs.map((output, index) => (
    <JsonBlock key={index} value={printed(output)} label={`Output ${index + 1}`} maxHeight={outputs.length > 1 ? 240 : 640} />
  ));
}

/** As JSON, so that a text is told from a number. */
function printed(value: JsonValue): string {
  return JSON.stringify(value, null, 2);
}

const TITLES: Record<string, string> = {
  compile: 'This cannot be read',
  limit: 'A limit was met',
  run: 'It fails on this context',
};

function FaultAlert({ fault }: { fault: Fault }) {
  const where = fault.line && fault.column ? `Line ${fault.line}, column ${fault.column}` : fault.place;
  return (
    <>
      <Alert color="red" icon={<IconAlertTriangle size={18} />} title={TITLES[fault.kind] ?? 'It fails'} role="alert">
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          {fault.message}
        </Text>
        {where && (
          <Text size="sm" mt={4} className="lb-mono">
            {where}
          </Text>
        )}
      </Alert>
      {fault.outputs && (
        <>
          <Text size="sm" c="dimmed">
            Put out before:
          </Text>
          <Outputs outputs={fault.outputs} />
        </>
      )}
    </>
  );
}
