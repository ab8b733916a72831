/** Which columns a table shows, by group. The title always stays: it leads to the entity. */
import { Button, Checkbox, Popover, ScrollArea, Stack, Text } from '@mantine/core';
import { IconColumns3 } from '@tabler/icons-react';
import { type Field, GROUPS, defaultColumns } from './fields';

interface Props {
  fields: Field[];
  columns: Field[];
  /** The identifiers as the address has them; undefined for the columns a table has by itself. */
  onChange: (columns: string | undefined) => void;
}

export function ColumnsMenu({ fields, columns, onChange }: Props) {
  const shown = new Set(columns.map(({ id }) => id));
  const usual = defaultColumns(fields).join(',');
  const choose = (ids: Set<string>) => {
    // In the order they are usually in, whatever the order of choosing.
    const order = [...new Set([...defaultColumns(fields), ...fields.map(({ id }) => id)])];
    const chosen = order.filter((id) => ids.has(id)).join(',');
    onChange(chosen === usual ? undefined : chosen);
  };
  const toggle = (id: string, wanted: boolean) => {
    const next = new Set(shown);
    if (wanted) next.add(id);
    else next.delete(id);
    choose(next);
  };
  return (
    <Popover position="bottom-start" width={260} trapFocus returnFocus shadow="md">
      <Popover.Target>
        <Button variant="default" leftSection={<IconColumns3 size={16} />}>
          Columns
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Columns" p={0}>
        <ScrollArea.Autosize mah={380} p="sm" type="auto">
          <Stack gap="md">
            {GROUPS.map((group) => {
              const choices = fields.filter((field) => field.group === group && field.id !== '$title');
              return (
                choices.length > 0 && (
                  <Stack key={group} gap={8} role="group" aria-label={group}>
                    <Text size="xs" c="dimmed" fw={600}>
                      {group}
                    </Text>
                    {choices.map(({ id, title }) => (
                      <Checkbox key={id} size="sm" label={title} checked={shown.has(id)} onChange={(event) => toggle(id, event.currentTarget.checked)} />
                    ))}
                  </Stack>
                )
              );
            })}
            <Button variant="subtle" size="compact-sm" onClick={() => onChange(undefined)} disabled={[...shown].join(',') === usual}>
              Usual columns
            </Button>
          </Stack>
        </ScrollArea.Autosize>
      </Popover.Dropdown>
    </Popover>
  );
}
