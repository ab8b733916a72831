/** A text that filters a page, in the address: it is typed ahead of it, as a request a letter would be too many. */
import { useEffect, useState } from 'react';
import { TextInput, type TextInputProps } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';

interface Props extends Omit<TextInputProps, 'value' | 'onChange'> {
  'aria-label': string;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

export function TypedFilter({ value = '', onChange, ...rest }: Props) {
  const [typed, setTyped] = useState(value);
  const settle = useDebouncedCallback((text: string) => onChange(text.trim() || undefined), 250);
  // When the address changes by itself (back, clear), the field follows; while typing it is ahead.
  useEffect(() => setTyped((now) => (now.trim() === value ? now : value)), [value]);
  return (
    <TextInput
      {...rest}
      value={typed}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        settle(event.currentTarget.value);
      }}
    />
  );
}
