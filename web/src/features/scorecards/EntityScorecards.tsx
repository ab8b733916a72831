/** How an entity stands in every scorecard of its blueprint: the level it has, and each rule with its outcome. */
import { Card, Group, List, Progress, Stack, Text, Title } from '@mantine/core';
import { IconAward, IconCircleCheckFilled, IconCircleX, IconMinus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { Blueprint, Entity, Scorecard } from '@/api/types';
import { EmptyState, ErrorState, ListSkeleton } from '@/components/QueryStates';
import { type Naming, conditionsText, namesIn } from './conditions';
import { LevelBadge } from './LevelBadge';
import { scorecardsQuery } from './queries';
import { type JudgedRule, levelOf, resultOf, rulesByLevel } from './results';

/** The levels of an entity, one badge a scorecard. */
export function LevelBadges({ entity }: { entity: Entity }) {
  const scorecards = useQuery(scorecardsQuery(entity.blueprint)).data ?? [];
  return scorecards.map((scorecard) => {
    const level = levelOf(entity, scorecard.identifier);
    return level !== undefined && <LevelBadge key={scorecard.identifier} scorecard={scorecard} level={level} size="lg" />;
  });
}

export function EntityScorecards({ blueprint, entity }: { blueprint: Blueprint; entity: Entity }) {
  const scorecards = useQuery(scorecardsQuery(entity.blueprint));
  if (!scorecards.data && scorecards.error) {
    return <ErrorState error={scorecards.error} title="The scorecards could not be loaded" onRetry={() => void scorecards.refetch()} />;
  }
  if (!scorecards.data) return <ListSkeleton rows={4} label="Loading the scorecards" />;
  if (scorecards.data.length === 0) {
    return (
      <EmptyState title="No scorecard" icon={IconAward}>
        Scorecards say how good an entity is by rules. Make one with POST /v1/blueprints/{entity.blueprint}/scorecards.
      </EmptyState>
    );
  }
  const nameOf = namesIn(blueprint);
  return (
    <Stack gap="lg">
      {scorecards.data.map((scorecard) => (
        <ScorecardCard key={scorecard.identifier} scorecard={scorecard} entity={entity} nameOf={nameOf} />
      ))}
    </Stack>
  );
}

function ScorecardCard({ scorecard, entity, nameOf }: { scorecard: Scorecard; entity: Entity; nameOf: Naming }) {
  const result = resultOf(entity, scorecard.identifier);
  const groups = rulesByLevel(scorecard, result);
  const judged = groups.flatMap(({ rules }) => rules);
  const passed = judged.filter((rule) => rule.passed).length;
  return (
    <Card component="section" aria-label={scorecard.title}>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h3">
          {scorecard.title}
        </Title>
        {result && <LevelBadge scorecard={scorecard} level={result.level} size="lg" />}
      </Group>
      {result ? (
        <>
          <Text size="sm" c="dimmed" mb={6}>
            {passed} of {judged.length} {judged.length === 1 ? 'rule passes' : 'rules pass'}
          </Text>
          <Progress value={judged.length === 0 ? 100 : (passed / judged.length) * 100} color="green" aria-label={`Rules of ${scorecard.title} that pass`} mb="md" />
        </>
      ) : (
        <Text size="sm" c="dimmed" mb="md">
          {scorecard.filter ? 'This entity is outside the filter of the scorecard.' : 'This entity has not been evaluated yet.'}
        </Text>
      )}
      <Stack gap="md">
        {groups.map(({ level, rules }) => (
          <div key={level.title}>
            <LevelBadge scorecard={scorecard} level={level.title} />
            <List listStyleType="none" styles={{ itemWrapper: { alignItems: 'flex-start' } }} mt="xs" spacing="xs" aria-label={`Rules for ${level.title}`}>
              {rules.map((each) => (
                <Rule key={each.rule.identifier} judged={each} nameOf={nameOf} />
              ))}
            </List>
          </div>
        ))}
      </Stack>
    </Card>
  );
}

const OUTCOMES = {
  passed: { icon: IconCircleCheckFilled, color: 'var(--mantine-color-green-text)', label: 'Passes' },
  failed: { icon: IconCircleX, color: 'var(--mantine-color-red-text)', label: 'Fails' },
  open: { icon: IconMinus, color: 'var(--mantine-color-dimmed)', label: 'Not evaluated' },
};

function Rule({ judged: { rule, passed }, nameOf }: { judged: JudgedRule; nameOf: Naming }) {
  const { icon: Drawn, color, label } = OUTCOMES[passed === undefined ? 'open' : passed ? 'passed' : 'failed'];
  return (
    <List.Item icon={<Drawn size={20} color={color} role="img" aria-label={label} />}>
      <Text size="sm" fw={600}>
        {rule.title}
      </Text>
      {rule.description && <Text size="sm">{rule.description}</Text>}
      <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        {conditionsText(rule.query, nameOf)}
      </Text>
    </List.Item>
  );
}
