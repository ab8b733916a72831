/** The buttons of an entity: its day-2 actions, and deleting ones at the end. */
import { ActionIcon, Button, Menu } from '@mantine/core';
import { IconBolt, IconDots } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Action } from '@/api/types';
import { actionTitle, actionsQuery } from '@/features/self-service/queries';

/** More than these go into a menu. */
const BUTTONS = 3;

export function EntityActions({ blueprint, entity }: { blueprint: string; entity: string }) {
  const actions = (useQuery(actionsQuery).data ?? [])
    .filter(({ trigger }) => trigger.operation !== 'CREATE' && trigger.blueprintIdentifier === blueprint)
    .sort((a, b) => Number(a.trigger.operation === 'DELETE') - Number(b.trigger.operation === 'DELETE'));
  const rest = actions.slice(BUTTONS);
  const link = (action: Action) => (props: object) => (
    <Link
      to="/entities/$blueprint/$entity"
      params={{ blueprint, entity }}
      search={(previous) => ({ ...previous, execute: action.identifier, target: entity, from: undefined })}
      {...props}
    />
  );
  return (
    <>
      {actions.slice(0, BUTTONS).map((action) => (
        <Button
          key={action.identifier}
          variant="light"
          color={action.trigger.operation === 'DELETE' ? 'red' : undefined}
          leftSection={<IconBolt size={16} />}
          renderRoot={link(action)}
          title={actionTitle(action)}
          maw={280}
        >
          <span className="lb-cut">{actionTitle(action)}</span>
        </Button>
      ))}
      {rest.length > 0 && (
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon variant="light" size={36} aria-label="More actions">
              <IconDots size={18} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {rest.map((action) => (
              <Menu.Item key={action.identifier} color={action.trigger.operation === 'DELETE' ? 'red' : undefined} renderRoot={link(action)}>
                {actionTitle(action)}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
    </>
  );
}
