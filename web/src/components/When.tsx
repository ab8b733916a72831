/** An instant as "4 min ago" with the full date on hover, and a duration that ticks while open. */
import { Text, Tooltip } from '@mantine/core';
import { ago, duration, fullTime } from '@/lib/time';
import { useNow, useSaidNow } from '@/lib/useNow';

export function When({ at }: { at: string }) {
  const text = useSaidNow((now) => ago(at, now));
  return (
    <Tooltip label={fullTime(at)}>
      <Text component="time" dateTime={at} inherit style={{ whiteSpace: 'nowrap' }}>
        {text}
      </Text>
    </Tooltip>
  );
}

/** From `start` to `end`, or to the current second while there is no end. */
export function Duration({ start, end }: { start: string; end?: string | null }) {
  if (end) return <Elapsed from={start} to={Date.parse(end)} />;
  return <Ticking from={start} />;
}

function Ticking({ from }: { from: string }) {
  return <Elapsed from={from} to={Math.floor(useNow() / 1000) * 1000} />;
}

function Elapsed({ from, to }: { from: string; to: number }) {
  return (
    <Text component="span" inherit style={{ fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' }}>
      {duration(to - Date.parse(from))}
    </Text>
  );
}
