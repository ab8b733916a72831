/** What the scorecards of a blueprint say of one entity: levels, and which rules pass. Pure. */
import type { Entity, Scorecard } from '@/api/types';

export type Result = NonNullable<Entity['scorecards']>[string];

/** The result of a scorecard; undefined if the scorecard's filter leaves the entity out. */
export function resultOf(entity: Entity, scorecard: string): Result | undefined {
  return entity.scorecards?.[scorecard];
}

export function levelOf(entity: Entity, scorecard: string): string | undefined {
  return resultOf(entity, scorecard)?.level;
}

/** The colour of a level; grey for one the scorecard no longer has. */
export function colorOf(scorecard: Pick<Scorecard, 'levels'>, level: string): string {
  return scorecard.levels.find(({ title }) => title === level)?.color ?? 'lightGray';
}

export function passes({ status }: Result['rules'][number]): boolean {
  return status === 'SUCCESS';
}

export interface JudgedRule {
  rule: Scorecard['rules'][number];
  passed: boolean | undefined;
}

/** The rules by the level they belong to, lowest first; the base level, which has none, is left out. */
export function rulesByLevel(scorecard: Scorecard, result: Result | undefined): { level: Scorecard['levels'][number]; rules: JudgedRule[] }[] {
  return scorecard.levels
    .map((level) => ({
      level,
      rules: scorecard.rules
        .filter((rule) => rule.level === level.title)
        .map((rule) => {
          const found = result?.rules?.find(({ identifier }) => identifier === rule.identifier);
          return { rule, passed: found && passes(found) };
        }),
    }))
    .filter(({ rules }) => rules.length > 0);
}
