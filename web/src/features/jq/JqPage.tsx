/**
 * Trying out jq: an expression or a template on a context, with the answer as one types. Both
 * texts live in the page alone, so that nothing of them gets into an address or the browser's
 * history; which of the two is tried is part of the address.
 */
import { useState } from 'react';
import { Button, Grid, Group, Kbd, SegmentedControl, Stack, Text } from '@mantine/core';
import { useDebouncedValue, useHotkeys } from '@mantine/hooks';
import { IconRefresh } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { JsonValue, SessionUser } from '@/api/types';
import { PageHeader } from '@/components/PageHeader';
import { useUser } from '@/features/session/queries';
import { JqAnswer } from './JqAnswer';
import { SourceEditor } from './SourceEditor';
import { type Answer, answerQuery, type Mode, templateOf } from './queries';
import { SAMPLE_EXPRESSION, SAMPLE_TEMPLATE, sampleContext } from './samples';

const route = getRouteApi('/portal/jq');

export function JqPage() {
  const mode: Mode = route.useSearch().mode === 'template' ? 'template' : 'expression';
  const navigate = route.useNavigate();
  const user = useUser();
  return (
    <>
      <PageHeader
        title="Test jq"
        description="Try out an expression or a template as an action would evaluate it. Nothing is sent or stored."
      />
      <JqBench
        mode={mode}
        user={user}
        onMode={(next) => void navigate({ search: { mode: next === 'template' ? next : undefined }, replace: true })}
      />
    </>
  );
}

interface BenchProps {
  mode: Mode;
  user: SessionUser;
  onMode: (mode: Mode) => void;
}

export function JqBench({ mode, user, onMode }: BenchProps) {
  const sample = sampleContext(user);
  const [sources, setSources] = useState({ expression: SAMPLE_EXPRESSION, template: SAMPLE_TEMPLATE });
  const [contextText, setContextText] = useState(sample);
  const [asked] = useDebouncedValue({ mode, source: sources[mode], contextText }, 250);

  const context = parsed(asked.contextText);
  const empty = asked.source.trim() === '';
  const answer = useQuery({
    ...answerQuery({ mode: asked.mode, source: asked.source, context: context.value }),
    enabled: !context.error && !empty,
  });
  useHotkeys([['mod+Enter', () => void answer.refetch()]], []);
  const shown = asked.mode === mode && !context.error && !empty ? answer.data : undefined;

  return (
    <>
      <Group mb="md" justify="space-between" gap="sm">
        <SegmentedControl
          aria-label="What to try"
          value={mode}
          onChange={(next) => onMode(next as Mode)}
          data={[
            { value: 'expression', label: 'Expression' },
            { value: 'template', label: 'Template' },
          ]}
        />
        <Text size="sm" c="dimmed" visibleFrom="sm">
          The answer follows what you type. <Kbd size="xs">Ctrl</Kbd> <Kbd size="xs">Enter</Kbd> asks again.
        </Text>
      </Group>
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 6 }}>
          <Stack gap="md">
            <SourceEditor
              key={mode}
              label={mode === 'expression' ? 'jq expression' : 'Template'}
              description={
                mode === 'expression'
                  ? 'All its outputs are shown.'
                  : 'A JSON document with {{ }} in its texts and keys, or a single text.'
              }
              value={sources[mode]}
              rows={mode === 'expression' ? 4 : 10}
              mark={answer.isPlaceholderData ? undefined : markOf(mode, asked.source, shown)}
              onChange={(value) => setSources((previous) => ({ ...previous, [mode]: value }))}
            />
            <SourceEditor
              label="Context"
              description="What . is, as JSON. Secrets in it are made up; real ones are not there."
              value={contextText}
              rows={10}
              error={context.error}
              onChange={setContextText}
            />
            {contextText !== sample && (
              <Group>
                <Button
                  variant="subtle"
                  size="compact-sm"
                  leftSection={<IconRefresh size={14} />}
                  onClick={() => setContextText(sample)}
                >
                  Back to the sample context
                </Button>
              </Group>
            )}
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 6 }}>
          <JqAnswer
            answer={shown}
            error={context.error || empty ? null : answer.error}
            pending={answer.isFetching}
            hint={context.error ? 'The context is not valid JSON yet.' : empty ? 'Write something to evaluate.' : null}
            onRetry={() => void answer.refetch()}
          />
        </Grid.Col>
      </Grid>
    </>
  );
}

/** The fault's place, if it is one in the text itself and not in a text within a document. */
function markOf(mode: Mode, source: string, answer: Answer | undefined) {
  if (!answer || !('fault' in answer)) return undefined;
  const { line, column } = answer.fault;
  const single = mode === 'expression' || typeof templateOf(source) === 'string';
  return single && line && column ? { line, column } : undefined;
}

function parsed(text: string): { value: JsonValue; error: string | null } {
  if (text.trim() === '') return { value: null, error: null };
  try {
    return { value: JSON.parse(text) as JsonValue, error: null };
  } catch (error) {
    return { value: null, error: error instanceof Error ? error.message : 'This is not valid JSON.' };
  }
}
