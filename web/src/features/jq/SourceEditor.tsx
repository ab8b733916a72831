/** A text area for code: monospace, its Tab key left to the keyboard's users, with the line of a fault marked below. */
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
  return (
    <Textarea
      label={label}
      description={description}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      autosize
      minRows={rows}
      maxRows={24}
      // As its error, the marked line describes the field to those who do not see it, too.
      error={error ?? (mark && <MarkedLine text={value} {...mark} />)}
      errorProps={{ component: 'div' }}
      spellCheck={false}
      autoCapitalize="off"
      autoCorrect="off"
      classNames={{ input: classes.source }}
    />
  );
}

function MarkedLine({ text, line, column }: { text: string; line: number; column: number }) {
  // By characters, as the server counts them.
  const shown = Array.from(text.split('\n')[line - 1] ?? '');
  const before = shown.slice(0, column - 1).join('');
  const at = shown[column - 1] ?? ' ';
  return (
    <pre className={classes.marked} aria-label={`Line ${line}, column ${column}`}>
      <span className={classes.number} aria-hidden>
        {line}
      </span>
      {before}
      <mark className={classes.mark}>{at}</mark>
      {shown.slice(column).join('')}
    </pre>
  );
}
