/** The status of a run as a coloured chip; a status label, if set, is told in the same colour. */
import { Badge, Tooltip } from '@mantine/core';
import {
  IconCircleCheckFilled,
  IconCircleXFilled,
  IconClockPause,
  IconForbid2,
  IconLoader2,
  type Icon,
} from '@tabler/icons-react';
import type { RunStatus } from '@/api/types';
import classes from './StatusChip.module.css';

const LOOKS: Record<RunStatus, { label: string; color: string; icon: Icon }> = {
  IN_PROGRESS: { label: 'In progress', color: 'tide', icon: IconLoader2 },
  SUCCESS: { label: 'Success', color: 'green', icon: IconCircleCheckFilled },
  FAILURE: { label: 'Failure', color: 'red', icon: IconCircleXFilled },
  WAITING_FOR_APPROVAL: { label: 'Waiting for approval', color: 'orange', icon: IconClockPause },
  DECLINED: { label: 'Declined', color: 'red', icon: IconForbid2 },
};

export function statusText(status: string): string {
  return LOOKS[status as RunStatus]?.label ?? status;
}

interface Props {
  status: string;
  label?: string | null;
  size?: 'sm' | 'md' | 'lg';
}

export function StatusChip({ status, label, size = 'md' }: Props) {
  const look = LOOKS[status as RunStatus] ?? { label: status, color: 'gray', icon: IconClockPause };
  const Drawn = look.icon;
  const chip = (
    <Badge
      size={size}
      color={look.color}
      role="img"
      aria-label={`Status: ${look.label}${label ? `, ${label}` : ''}`}
      data-status={status}
      className={classes.chip}
      leftSection={<Drawn size={14} className={status === 'IN_PROGRESS' ? classes.turning : undefined} aria-hidden />}
    >
      {label || look.label}
    </Badge>
  );
  return label ? <Tooltip label={look.label}>{chip}</Tooltip> : chip;
}
