/** The level an entity reaches in a scorecard, in the level's colour; the scorecard is told to those who ask. */
import { Badge, Tooltip } from '@mantine/core';
import { IconAward } from '@tabler/icons-react';
import type { Scorecard } from '@/api/types';
import { mantineColor } from '@/components/colors';
import { colorOf } from './results';

interface Props {
  scorecard: Pick<Scorecard, 'title' | 'levels'>;
  level: string;
  size?: 'sm' | 'md' | 'lg';
}

export function LevelBadge({ scorecard, level, size = 'md' }: Props) {
  return (
    <Tooltip label={scorecard.title}>
      <Badge
        size={size}
        color={mantineColor(colorOf(scorecard, level))}
        leftSection={<IconAward size={13} aria-hidden />}
        role="img"
        aria-label={`${scorecard.title}: ${level}`}
      >
        {level}
      </Badge>
    </Tooltip>
  );
}
