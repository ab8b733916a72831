/** The head of a page: breadcrumb, icon, title, a line below it, and buttons at the right. */
import { type ReactNode, useEffect } from 'react';
import { Group, Stack, Text, Title } from '@mantine/core';

interface Props {
  title: string;
  /** What the browser's tab says, if it is more than the title. */
  tab?: string;
  description?: ReactNode;
  breadcrumb?: ReactNode;
  icon?: ReactNode;
  badge?: ReactNode;
  actions?: ReactNode;
}

export function PageHeader({ title, tab = title, description, breadcrumb, icon, badge, actions }: Props) {
  useDocumentTitle(tab);
  return (
    <Stack gap="xs" mb="lg">
      {breadcrumb}
      <Group justify="space-between" align="flex-start" gap="sm">
        <Group gap="sm" wrap="nowrap" align="flex-start" style={{ minWidth: 0, flex: '1 1 300px' }}>
          {icon}
          <div style={{ minWidth: 0 }}>
            <Group gap="xs" mih={icon ? 44 : undefined}>
              <Title order={1} style={{ overflowWrap: 'anywhere' }}>
                {title}
              </Title>
              {badge}
            </Group>
            {description && (
              <Text c="dimmed" mt={2} component="div" style={{ overflowWrap: 'anywhere' }}>
                {description}
              </Text>
            )}
          </div>
        </Group>
        {actions && (
          <Group gap="xs" maw="100%">
            {actions}
          </Group>
        )}
      </Group>
    </Stack>
  );
}

/** Names the browser tab after the page. */
export function useDocumentTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Larboard`;
    return () => {
      document.title = 'Larboard';
    };
  }, [title]);
}
