/** A text area for code: monospace, its Tab key left to the keyboard's users, with the line of a fault marked below. */
import { useId } from 'react';
import { Textarea } from '@mantine/core';
import classes from './Jq.module.css';

interface Props {
  label: string;
  description?: string;
  value: string;
  rows: number;
  error?: string | null;
  /** Where the fault is, from 1. */
  mark?: { line: number; column: number };
  onChange: (value: string) => void;
}

export function SourceEditor({ label, description, value, rows, error, mark, onChange }: Props) {
  const marked = useId();
  return (
    <div>
      <Textarea
        label={label}
        description={description}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        autosize
        minRows={rows}
        maxRows={24}
        error={error}
        spellCheck={false}
        autoCapitalize="off"
        autoCorrect="off"
        aria-describedby={mark ? marked : undefined}
        classNames={{ input: classes.source }}
      />
      {mark && <MarkedLine id={marked} text={value} {...mark} />}
    </div>
  );
}

function MarkedLine({ id, text, line, column }: { id: string; text: string; line: number; column: number }) {
  // By characters, as the server counts them.
  const shown = Array.from(text.split('\n')[line - 1] ?? '');
  const before = shown.slice(0, column - 1).join('');
  const at = shown[column - 1] ?? ' ';
  return (
    <pre id={id} className={classes.marked} aria-label={`Line ${line}, column ${column}`}>
      <span className={classes.number} aria-hidden>
        {line}
      </span>
      {before}
      <mark className={classes.mark}>{at}</mark>
      {shown.slice(column).join('')}
    </pre>
  );
}
