/** A JSON value, readable and copyable, in a scrolling monospace block. */
import { ActionIcon, CopyButton, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import type { JsonValue } from '@/api/types';
import classes from './JsonBlock.module.css';

export function JsonBlock({ value, label, maxHeight = 420 }: { value: JsonValue; label: string; maxHeight?: number }) {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  return (
    <div className={classes.block}>
      <pre className={classes.text} style={{ maxHeight }} tabIndex={0} role="region" aria-label={`${label}, contents`}>
        {text}
      </pre>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? 'Copied' : 'Copy'}>
            <ActionIcon className={classes.copy} variant="default" size="sm" onClick={copy} aria-label={`Copy ${label}`}>
              {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </div>
  );
}
